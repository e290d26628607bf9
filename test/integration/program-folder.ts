import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type JobRun, projectDir } from '../support/run-job.ts'

/** Writes files, also into folders below, into a folder outside of the project, and deletes it after `use`. */
export async function withFolder<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mpirun-ts-test-')))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Runs a script of /bin/sh in which `$MPIRUN` is the built command line. What the script leaves running is ended with it, and so is a
 * script that takes longer than `timeoutMs`.
 */
export function runShell(script: string, cwd: string, timeoutMs = 60_000): Promise<JobRun> {
  const began = performance.now()
  const MPIRUN = `${process.execPath} ${join(projectDir, 'dist', 'mpirun.cjs')}`
  // A group of its own, so that a hanging pipeline ends as a whole.
  const shell = spawn('/bin/sh', ['-c', script], { cwd, env: { ...process.env, MPIRUN }, detached: true })
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    shell[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  }
  shell.stdin.end()
  const killGroup = (): void => {
    try {
      if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL')
    } catch {
      // Nothing of it runs any more.
    }
  }
  const timer = setTimeout(killGroup, timeoutMs)
  return new Promise((resolve, reject) => {
    shell.on('error', reject)
    shell.on('exit', killGroup)
    shell.on('close', (status, signal) => {
      clearTimeout(timer)
      resolve({ status, signal, ...text, seconds: (performance.now() - began) / 1000 })
    })
  })
}

/** Lines of a text, sorted: the order of different ranks is not fixed. */
export function sortedLines(text: string): string[] {
  return text.split('\n').filter(Boolean).sort()
}
