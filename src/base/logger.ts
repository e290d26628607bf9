/** What the layers below `entry/` know of a logger; pino fits it, and so does a test's list. Values are fields, messages constant. */
export interface Logger {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
}

const ignore = (): void => undefined

export const silentLogger: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore }
