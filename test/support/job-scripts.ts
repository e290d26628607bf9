import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from './run-job.ts'

export const JOB_SCRIPTS: string = join(projectDir, 'scripts', 'jobs')

/** Makes a folder with an `npx` that starts the built command: job scripts run as they are, where the package is not installed. */
export function makeNpx(folder: string): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  const command = `exec "${process.execPath}" "${join(projectDir, 'dist', 'mpirun.cjs')}" "$@"`
  const text = `#!/bin/sh\n[ "$1" = mpirun-ts ] || { echo "npx: $1 is not here" >&2; exit 1; }\nshift\n${command}\n`
  writeFileSync(join(bin, 'npx'), text, { mode: 0o755 })
  return bin
}
