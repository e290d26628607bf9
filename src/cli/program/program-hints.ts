import { existsSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { executableIn } from '../../base/executable.ts'
import { visibleLine } from '../../base/visible-text.ts'

/** Programs that run JavaScript: their users write them in front of it. */
const RUNTIMES: ReadonlySet<string> = new Set(['node', 'nodejs', 'bun', 'deno', 'tsx', 'ts-node', 'npx'])
const SCRIPT_ENDINGS: readonly string[] = ['.js', '.ts', '.mjs', '.mts', '.cjs', '.cts']

/**
 * What somebody may have meant by a program that does not exist: a program of the system, or a file whose ending is left out. undefined:
 * nothing that can be told. `searchPath`: $PATH.
 */
export function whatWasMeant(path: string, absolute: string, searchPath: string | undefined): string | undefined {
  if (RUNTIMES.has(basename(path)))
    return `mpirun-ts runs JavaScript and TypeScript itself: leave out "${basename(path)}" and write mpirun-ts [options] program.js. (--node names another Node, --node-args gives it flags.)`
  const ending = SCRIPT_ENDINGS.find((each) => existsSync(`${absolute}${each}`))
  if (ending !== undefined) return `Did you mean ${visibleLine(path)}${ending}?`
  const folders = (searchPath ?? '').split(':').filter((folder) => folder !== '')
  const command = path.includes('/') ? undefined : executableIn(folders, path)
  return command === undefined
    ? undefined
    : `${visibleLine(command)} is a program of this system, and mpirun-ts runs JavaScript and TypeScript only. A program of it can start others with node:child_process.`
}

/** What a file is that is no JavaScript for sure: `a script for /bin/sh`. undefined: it may be. */
export function kindOfText(path: string, bytes: Uint8Array): string | undefined {
  const begin = Buffer.from(bytes.subarray(0, 200)).toString('latin1')
  if (begin.startsWith('\u007fELF')) return 'a compiled program'
  const script = /^#!\s*(.*)/.exec(begin)?.[1]?.trim()
  if (script === undefined || SCRIPT_ENDINGS.includes(extname(path))) return undefined
  return /\b(?:node|nodejs|bun|deno|tsx|ts-node|env -S)\b/.test(script) ? undefined : `a script for ${script}`
}
