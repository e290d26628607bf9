import { readFileSync } from 'node:fs'

/** Reads a whole file, or standard input for `-`. Throws as node:fs does. */
export function readText(path: string): string {
  return readFileSync(path === '-' ? 0 : path, 'utf8')
}
