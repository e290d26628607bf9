import { basename } from 'node:path'
import { expect } from 'chai'
import { allPrograms, programPaths } from './program-list.ts'
import { type JobRun, runJob, type RunOptions, startJob } from './run-job.ts'

/** All of them, on the busiest machine. */
const TOGETHER_MS = 1_800_000
/** Beyond the job's own limit, so that it is the job that is ended and told. */
const GRACE_MS = 20_000

export interface ProgramsOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Self-checking programs; all of test/programs unless told. */
  readonly paths?: readonly string[]
  /** A program that takes longer hangs; 300,000 unless told. */
  readonly programMs?: number
}

/**
 * Tests that programs hold with the words of the command line that `words` gives when the tests run: all in one job, one after the
 * other, which saves the starts. Only when that job fails each program is run in a job of its own, so that each one that fails is
 * named with its own words and hides no other. Call it within describe().
 */
export function holdInOneJob(words: () => readonly string[], options: ProgramsOptions = {}): void {
  const { env = {}, paths = programPaths(), programMs = 300_000 } = options
  let together: JobRun | undefined

  it('all hold, one after the other in one job', async () => {
    together = await runTogether([...words(), allPrograms, ...paths], env, programMs)
    const last = begun(together).at(-1) ?? 'no program'
    expect(together, `in ${last}: ${together.stderr}`).to.include({ status: 0, stderr: '' })
    expect(begun(together)).to.deep.equal(paths.map((path) => basename(path)))
  }).timeout(TOGETHER_MS)

  for (const path of paths) {
    it(`${basename(path, '.js')} holds`, async () => {
      const isTold = together?.status === 0 && together.stderr === '' && begun(together).includes(basename(path))
      if (!isTold) await expectToHold([...words(), path], { env, timeoutMs: programMs })
    }).timeout(programMs + GRACE_MS)
  }
}

/** Runs one self-checking program in a job of its own. */
export async function expectToHold(words: readonly string[], options: RunOptions = {}): Promise<void> {
  const run = await runJob(words, options)
  expect(run, run.stderr).to.include({ status: 0, stderr: '' })
}

/** Runs a job to its end, or until one of its programs hangs. */
async function runTogether(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  programMs: number,
): Promise<JobRun> {
  const { child, result } = startJob(words, { env, timeoutMs: TOGETHER_MS })
  const timer = setTimeout(() => void child.kill('SIGKILL'), programMs)
  // Each program is named when it begins.
  child.stdout?.on('data', () => void timer.refresh())
  try {
    return await result
  } finally {
    clearTimeout(timer)
  }
}

/** Names of the programs that all-programs.js has begun, in their order. */
function begun({ stdout }: JobRun): string[] {
  return stdout.split('\n').flatMap((line) => /^# (\S+\.js)$/.exec(line)?.[1] ?? [])
}
