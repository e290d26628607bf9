import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { isAlive, useSshJobs } from '../multi-node/ssh-jobs.ts'
import { eventually } from '../support/processes.ts'
import { endAll, type LingeringJob, startLingering } from './running-job.ts'

/** Longer than any silence that is taken for a death where the system does not answer. */
const STOPPED_MS = 16_000

/** Silence takes its time to be noticed, so the jobs are stopped side by side. */
describe('a job of which a part is stopped', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])
  const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
  const started: LingeringJob[] = []

  after(async () => {
    await Promise.all(started.map(endAll))
    rmSync(folder, { recursive: true })
  })

  interface Stopped {
    readonly job: LingeringJob
    readonly file: string
    readonly signal: (name: NodeJS.Signals) => void
  }

  async function stop(
    name: string,
    options: readonly string[],
    who: (job: LingeringJob) => number[],
  ): Promise<Stopped> {
    const file = join(folder, name)
    const job = await startLingering(jobs(), ['--host', 'n1,n2', ...options], 2, ['until', file])
    started.push(job)
    const pids = who(job)
    const signal = (wanted: NodeJS.Signals): void => {
      for (const pid of pids) process.kill(pid, wanted)
    }
    signal('SIGSTOP')
    return { job, file, signal }
  }

  const coordinator = ({ child }: LingeringJob): number => child.pid ?? 0
  const agents = (job: LingeringJob): number[] => [job.pidOfAgent('n1'), job.pidOfAgent('n2')]
  const parts: Readonly<Record<string, (job: LingeringJob) => number[]>> = {
    'the coordinator': (job) => [coordinator(job)],
    'an agent': (job) => [job.pidOfAgent('n2')],
    'the coordinator and an agent': (job) => [coordinator(job), job.pidOfAgent('n1')],
    'all of it, ssh too': (job) => [coordinator(job), ...agents(job), ...jobs().sshProcesses()],
  }
  let stopped: [what: string, job: Stopped][]

  before(async () => {
    stopped = []
    // One after the other, for sshProcesses() tells of all jobs.
    for (const what of ['all of it, ssh too', 'the coordinator', 'an agent', 'the coordinator and an agent']) {
      stopped.push([what, await stop(what, [], parts[what] ?? (() => []))])
    }
    await delay(STOPPED_MS)
  })

  for (const what of Object.keys(parts)) {
    it(`goes on with right results: ${what}`, async () => {
      const { job, file, signal } = stopped.find(([name]) => name === what)?.[1] ?? expect.fail('it was not stopped')
      signal('SIGCONT')
      writeFileSync(file, '')
      const run = await job.result
      expect(run.status, run.stderr).to.equal(0)
      expect(run.stdout).to.match(/^all right in \d+ rounds$/m)
    })
  }
})

describe('a process that is stopped', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])
  let job: LingeringJob | undefined

  afterEach(async () => {
    await endAll(job)
    job = undefined
  })

  it('is an agent: the user is told, and told when it goes on; when it is killed the job ends with 3', async () => {
    job = await startLingering(jobs(), ['--host', 'n1,n2'], 2, ['loop'])
    const pid = job.pidOfAgent('n2')
    process.kill(pid, 'SIGSTOP')
    await job.saw('mpirun-ts: node n2 (rank 1) has said nothing for 10 s, but its machine answers')
    process.kill(pid, 'SIGCONT')
    await job.saw('mpirun-ts: node n2 (rank 1) goes on.')
    process.kill(pid, 'SIGSTOP')
    process.kill(pid, 'SIGKILL')
    const run = await job.result
    expect(run.status, run.stderr).to.equal(3)
    expect(run.stderr).to.match(/^mpirun-ts: lost node n2 \(rank 1\): /m)
  })

  it('is an agent: Ctrl-C still ends the job', async () => {
    job = await startLingering(jobs(), ['--host', 'n1,n2'], 2, ['wait'])
    const pid = job.pidOfAgent('n2')
    process.kill(pid, 'SIGSTOP')
    job.child.kill('SIGINT')
    const run = await job.result
    expect(run.status, run.stderr).to.equal(130)
    process.kill(pid, 'SIGCONT')
    expect(await job.gone()).to.equal(true)
  })

  it('is the coordinator: when it is killed its agents end', async () => {
    job = await startLingering(jobs(), ['--host', 'n1,n2'], 2, ['loop'])
    const pids = job.ranks.map(({ pid }) => pid)
    job.child.kill('SIGSTOP')
    job.child.kill('SIGKILL')
    expect(await eventually(() => !pids.some(isAlive), 30_000)).to.equal(true)
    expect(await job.result).to.include({ signal: 'SIGKILL' })
  })
})
