import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { surroundings } from '../nodes/job-pool.ts'

/** Folder of this bundle, where it is a file. */
declare const __dirname: string | undefined

let found: string | undefined | null = null

/** Where the package's esbuild is: beside it where it is installed, else what the program's folder has; undefined on a node that has neither. */
export function esbuildPath(): string | undefined {
  if (found !== null) return found
  found = undefined
  // Of a program in TypeScript the command says so: on this machine, and wherever the package is at the same place.
  const given = surroundings()?.program.source?.esbuild
  if (given !== undefined && existsSync(given)) found = given
  const own = typeof __dirname === 'string' ? join(__dirname, 'esbuild', 'lib', 'main.js') : undefined
  if (found === undefined && own !== undefined && existsSync(own)) found = own
  const program = process.argv[1]
  if (found !== undefined || program === undefined || !program.startsWith('/')) return found
  try {
    found = createRequire(program).resolve('esbuild')
  } catch {
    // Not there.
  }
  return found
}
