import { eventually } from '../support/processes.ts'
import type { JobRun, StartedJob } from '../support/run-job.ts'
import { fixture, isAlive, type RankLine, type SshJobs } from '../multi-node/ssh-jobs.ts'

/** What linger.js tells of a rank: also the child that it has started. */
export interface LingeringRank extends RankLine {
  readonly child?: number
}

export interface LingeringJob extends StartedJob {
  readonly ranks: readonly LingeringRank[]
  /** Agents, coordinator and the children of ranks, by process number. */
  readonly processes: readonly number[]
  pidOfAgent(host: string): number
  /** Whether none of `processes` is there any more, now or soon. */
  gone(): Promise<boolean>
}

/** Starts linger.js with these words and waits until all ranks are at what they are to do. */
export async function startLingering(
  jobs: SshJobs,
  options: readonly string[],
  size: number,
  words: readonly string[],
): Promise<LingeringJob> {
  const job = jobs.start([...options, fixture('linger.js'), ...words], { timeoutMs: 50_000 })
  let text = ''
  const ranks = await new Promise<LingeringRank[]>((resolve, reject) => {
    const look = (): void => {
      const lines = text.split('\n').filter((line) => /^\{.*\}$/.test(line))
      if (lines.length === size) resolve(lines.map((line) => JSON.parse(line) as LingeringRank))
    }
    job.child.stdout?.on('data', (chunk: string) => {
      text += chunk
      look()
    })
    void job.result.then((run) => reject(new Error(`the job did not start: ${JSON.stringify(run)}`)))
  })
  const children = ranks.flatMap(({ child }) => (child === undefined ? [] : [child]))
  const processes = [...new Set([...ranks.map(({ pid }) => pid), ...children, job.child.pid ?? 0])]
  return {
    ...job,
    ranks,
    processes,
    pidOfAgent: (host) => ranks.find((rank) => rank.host === host)?.pid ?? 0,
    gone: () => eventually(() => !processes.some(isAlive), 30_000),
  }
}

/** Ends what a failed test has left, so that the next one begins with nothing. */
export async function endAll(job: LingeringJob | undefined): Promise<JobRun | undefined> {
  for (const pid of job?.processes ?? []) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended, as it should.
    }
  }
  return job?.result
}
