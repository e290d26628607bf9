import { expect } from 'chai'
import { fixture, useSshJobs } from '../multi-node/ssh-jobs.ts'
import { eventually } from '../support/processes.ts'
import type { JobRun, StartedJob } from '../support/run-job.ts'

const CONTINUE = ['--on-rank-loss', 'continue']

describe('a node that is lost in a job with --pool', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works', 'works'])

  function start(hosts: string, others: number, options: readonly string[], words: readonly string[]): StartedJob {
    const args = ['--pool', '--host', hosts, ...options, fixture('pool-lost.mjs'), ...words]
    return jobs().start(args, { timeoutMs: 50_000, env: { OTHERS: String(others) } })
  }

  /** Sends a signal to an agent when its threads are at work: that of rank 0's node, or another. */
  async function hit(job: StartedJob, signal: NodeJS.Signals, which: 'home' | 'others' = 'others'): Promise<number> {
    let text = ''
    job.child.stdout?.on('data', (chunk: string) => {
      text += chunk
    })
    await job.saw('.\n')
    const pid = Number(new RegExp(`${which}: (\\d+)`).exec(text)?.[1])
    // The call lasts for a second; its first chunks are with the node after some ms.
    await eventually(() => false, 150)
    process.kill(pid, signal)
    return pid
  }

  function expectOneNote(run: JobRun, node: RegExp): void {
    expect(run.stderr).to.match(/^mpirun-ts: lost node [^\n]+\. The job goes on without it\.\n$/)
    expect(run.stderr).to.match(node)
  }

  for (const kind of ['map', 'mapAsync', 'imapUnordered']) {
    it(`${kind} with retries gives every result once; the loss is told once`, async () => {
      const job = start('n1:2,n2:2', 1, CONTINUE, ['2', kind])
      await hit(job, 'SIGKILL')
      const run = await job.result
      expect(run.stdout.replace(/^others.*\n/, '')).to.equal(
        'all once: true\nafterwards: 10,20,30\nretried: true, threads lost: 2\na new pool: 2: 40\n',
      )
      expect(run.status, run.stderr).to.equal(0)
      expectOneNote(run, /lost node n2 \(ranks 2, 3\)/)
    })
  }

  it('without retries the call fails with ERR_POOL_NODE_LOST, and the pool goes on', async () => {
    const job = start('n1:2,n2', 1, CONTINUE, ['0', 'map'])
    await hit(job, 'SIGKILL')
    const run = await job.result
    expect(run.stdout.replace(/^others.*\n/, '')).to.equal(
      'PoolError ERR_POOL_NODE_LOST: task N was lost with the node of rank N, true\n' +
        'afterwards: 10,20,30\nretried: false, threads lost: 1\na new pool: 2: 40\n',
    )
    expect(run.status, run.stderr).to.equal(0)
    expectOneNote(run, /lost node n2 \(rank 2\)/)
  })

  it('of three nodes leaves two at work', async () => {
    const job = start('n1,n2,n3', 2, CONTINUE, ['1', 'map'])
    await hit(job, 'SIGKILL')
    const run = await job.result
    expect(run.stdout).to.include('all once: true').and.include('a new pool: 2: 40')
    expect(run.status, run.stderr).to.equal(0)
    expectOneNote(run, /lost node n[23] \(rank [12]\)/)
  })

  it('that only stops answering is noticed by its silence', async () => {
    const job = start('n1,n2', 1, CONTINUE, ['1', 'map'])
    const pid = await hit(job, 'SIGSTOP')
    const run = await job.result
    process.kill(pid, 'SIGKILL')
    expect(run.stdout).to.include('all once: true')
    expect(run.status, run.stderr).to.equal(0)
    expectOneNote(run, /no sign of life for 10 s/)
  })

  it('ends the job with 3 by default, at once and with one sentence', async () => {
    const job = start('n1,n2', 1, [], ['5', 'map'])
    await hit(job, 'SIGKILL')
    const run = await job.result
    expect(run.status, run.stderr).to.equal(3)
    expect(run.stderr).to.match(/^mpirun-ts: lost node n2 \(rank 1\): [^\n]+\. The job was ended\.\n$/)
  })

  it('ends the job with 3 where it is that of rank 0', async () => {
    const job = start('n1,n2', 1, CONTINUE, ['5', 'map'])
    await hit(job, 'SIGKILL', 'home')
    const run = await job.result
    expect(run.status, run.stderr).to.equal(3)
    expect(run.stderr).to.match(/^mpirun-ts: lost node n1 \(rank 0\): [^\n]+\. The job was ended\.\n$/)
  })
})
