import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { surroundings } from './job-pool.ts'

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
  for (const from of [typeof __dirname === 'string' ? join(__dirname, 'pool.cjs') : undefined, process.argv[1]]) {
    if (found !== undefined || from === undefined || !from.startsWith('/')) continue
    try {
      found = createRequire(from).resolve('esbuild')
    } catch {
      // Not there.
    }
  }
  return found
}
