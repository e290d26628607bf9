import { setTimeout as delay } from 'node:timers/promises'
import { openOutputPatiently } from './open-output.ts'
import { OutputWriter } from './output-writer.ts'

/** Lines beyond this are dropped while their reader does not read: a log must not hold up the job or fill the memory. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024
/** How long the end of the job waits for the last lines. */
const LAST_LINES_MS = 1000

/** What pino writes its lines to: standard error or the file of --log-file. Never blocks. */
export class LogLines {
  readonly #writer: OutputWriter
  #waitingBytes = 0

  constructor(writer: OutputWriter) {
    this.#writer = writer
  }

  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) return
    this.#waitingBytes += bytes.length
    this.#writer.write(bytes, () => {
      this.#waitingBytes -= bytes.length
    })
  }

  /** Resolves when all lines are written, or soon. */
  async end(): Promise<void> {
    await Promise.race([this.#writer.end(), delay(LAST_LINES_MS, undefined, { ref: false })])
  }
}

/** Opens the log. `warn` is told once when it cannot be written any more. Throws ERR_OUTPUT (exit status 2). */
export async function openLog(logFile: string | undefined, warn: (text: string) => void): Promise<LogLines> {
  const target =
    logFile === undefined
      ? { fd: 2, name: 'standard error', isFile: false }
      : { ...(await openOutputPatiently(logFile, 'a')), isFile: true }
  return new LogLines(
    new OutputWriter(target, (message) => warn(`warning: ${message}. The job goes on without its log.`)),
  )
}
