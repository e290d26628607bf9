import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** Absolute path of the program's main file; undefined in a REPL or with `node -e`. */
export function mainPath(): string | undefined {
  const given = process.argv[1]
  if (given === undefined) return undefined
  const path = resolve(given)
  return [path, `${path}.js`].find((candidate) => existsSync(candidate))
}

const texts = new Map<string, string | undefined>()

/** Text of the program's main file. */
export function mainText(): string | undefined {
  const path = mainPath()
  if (path === undefined) return undefined
  if (!texts.has(path)) {
    let text: string | undefined
    try {
      text = readFileSync(path, 'utf8')
    } catch {
      // A program that was given as text has no file.
    }
    texts.set(path, text)
  }
  return texts.get(path)
}

/** A thread may load the main program only where it knows of threads: otherwise it would run it from the start. */
export function isMainGuarded(): boolean {
  return mainText()?.includes('isMain') === true
}
