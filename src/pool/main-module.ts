import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** Absolute path of the program's main file; undefined in a REPL or with `node -e`. */
export function mainPath(): string | undefined {
  const given = process.argv[1]
  if (given === undefined) return undefined
  const path = resolve(given)
  return [path, `${path}.js`].find((candidate) => existsSync(candidate))
}
