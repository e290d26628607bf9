import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from './run-job.ts'

const FOLDER = join(projectDir, 'build', 'test', 'programs')

/** Paths of the self-checking programs of test/programs, compiled; those that begin with `all` run the others. */
export function programPaths(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.js') && !name.endsWith('.test.js') && !name.startsWith('all'))
    .sort()
    .map((name) => join(FOLDER, name))
}

/** The program that runs all others, one after the other, in one job. */
export const allPrograms: string = join(FOLDER, 'all-programs.js')
