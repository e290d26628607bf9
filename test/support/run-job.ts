import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder, from build/test/support/. */
export const projectDir: string = fileURLToPath(new URL('../../../', import.meta.url))
const MPIRUN = join(projectDir, 'dist', 'mpirun.cjs')

export interface JobRun {
  readonly status: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Text for standard input; without it stdin is closed. */
  readonly input?: string
  /** Standard input is a pipe that nobody writes to or closes. */
  readonly keepsStdinOpen?: boolean
  /** Words before the command: a program that starts it. */
  readonly through?: readonly string[]
  /** A job that takes longer is killed and fails its test; 60,000 unless told. */
  readonly timeoutMs?: number
}

/** A running `mpirun-ts`, for tests that do something to it. */
export interface StartedJob {
  readonly child: ChildProcess
  readonly result: Promise<JobRun>
  /** Resolves when the text has appeared on stdout or stderr. */
  saw(text: string): Promise<void>
}

/** Starts the built command line with these arguments. */
export function startJob(args: readonly string[], options: RunOptions = {}): StartedJob {
  const began = performance.now()
  const [file = process.execPath, ...words] = [...(options.through ?? []), process.execPath, MPIRUN, ...args]
  const child = spawn(file, words, {
    cwd: options.cwd ?? projectDir,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
  })
  const text = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
      for (const check of waiting) check()
    })
  }
  child.stdin.on('error', () => undefined)
  if (options.keepsStdinOpen !== true) child.stdin.end(options.input ?? '')
  const timer = setTimeout(() => void child.kill('SIGKILL'), options.timeoutMs ?? 60_000)
  const result = new Promise<JobRun>((resolve) => {
    child.on('close', (status, signal) => {
      clearTimeout(timer)
      resolve({ status, signal, ...text, seconds: (performance.now() - began) / 1000 })
    })
  })
  const saw = (wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!text.stdout.includes(wanted) && !text.stderr.includes(wanted)) return
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
      void result.then((run) =>
        reject(new Error(`the job ended before it printed "${wanted}": ${JSON.stringify(run)}`)),
      )
    })
  return { child, result, saw }
}

/** Runs the built command line to its end. */
export function runJob(args: readonly string[], options: RunOptions = {}): Promise<JobRun> {
  return startJob(args, options).result
}

/** Writes programs into a folder of their own, outside of the project, and deletes it after `use`. */
export async function withPrograms<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
