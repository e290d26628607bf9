import { expect } from 'chai'
import { eventually } from '../support/processes.ts'
import { isAlive, useSshJobs } from '../multi-node/ssh-jobs.ts'
import { endAll, type LingeringJob, startLingering } from './running-job.ts'

const HOSTS = ['--host', 'n1:2,n2,localhost']
const RANKS = 4

/** What ranks do when it happens. */
const DOINGS = [['sleep', 'child'], ['loop'], ['wait', 'child'], ['timer', 'child'], ['transfer']] as const

describe('kill -9', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])
  let job: LingeringJob | undefined

  afterEach(async () => {
    await endAll(job)
    job = undefined
  })

  async function expectNothingLeft(started: LingeringJob): Promise<void> {
    expect(await started.gone(), `left: ${started.processes.filter(isAlive).join()}`).to.equal(true)
    expect(await eventually(() => jobs().allProcesses().length === 0, 30_000), 'ssh or an agent is left').to.equal(true)
  }

  /** A child is guarded 500 ms after its start at the latest, on a busy machine too (src/agent/child-guard.ts); nothing tells when. */
  async function guarded(doing: readonly string[]): Promise<void> {
    if (doing.includes('child')) await eventually(() => false, 700)
  }

  for (const doing of DOINGS) {
    it(`of the coordinator ends everything while ranks ${doing.join(' with ')}`, async () => {
      job = await startLingering(jobs(), HOSTS, RANKS, doing)
      await guarded(doing)
      process.kill(job.child.pid ?? 0, 'SIGKILL')
      expect(await job.result).to.include({ signal: 'SIGKILL' })
      await expectNothingLeft(job)
    })

    it(`of an agent ends the job with 3 while ranks ${doing.join(' with ')}`, async () => {
      job = await startLingering(jobs(), HOSTS, RANKS, doing)
      await guarded(doing)
      process.kill(job.pidOfAgent('n1'), 'SIGKILL')
      const run = await job.result
      expect(run.status, run.stderr).to.equal(3)
      expect(run.stderr).to.match(
        /^mpirun-ts: lost node n1 \(ranks 0, 1\): (?![^\n]*no sign of life)[^\n]*\. The job was ended\.\n$/,
      )
      await expectNothingLeft(job)
    })
  }

  // Ranks write to unencrypted sockets themselves.
  for (const doing of ['transfer', 'stream']) {
    for (const [host, ranks] of [
      ['n1', 'ranks 0, 1'],
      ['n2', 'rank 2'],
    ] as const) {
      it(`of the agent on ${host} ends the job with 3 while ranks ${doing} over unencrypted sockets`, async () => {
        job = await startLingering(jobs(), ['--transport', 'plain', ...HOSTS], RANKS, [doing])
        process.kill(job.pidOfAgent(host), 'SIGKILL')
        const run = await job.result
        expect(run.status, run.stderr).to.equal(3)
        expect(run.stderr).to.match(
          new RegExp(
            `^mpirun-ts: lost node ${host} \\(${ranks}\\): (?![^\\n]*no sign of life)[^\\n]*\\. The job was ended\\.\\n$`,
          ),
        )
        await expectNothingLeft(job)
      })
    }

    it(`of the coordinator ends everything while ranks ${doing} over unencrypted sockets`, async () => {
      job = await startLingering(jobs(), ['--transport', 'plain', ...HOSTS], RANKS, [doing])
      process.kill(job.child.pid ?? 0, 'SIGKILL')
      expect(await job.result).to.include({ signal: 'SIGKILL' })
      await expectNothingLeft(job)
    })
  }

  it('of ssh ends the job with 3', async () => {
    job = await startLingering(jobs(), HOSTS, RANKS, ['wait', 'child'])
    const [ssh] = jobs().sshProcesses('n2')
    process.kill(ssh ?? 0, 'SIGKILL')
    const run = await job.result
    expect(run.status, run.stderr).to.equal(3)
    expect(run.stderr).to.match(/^mpirun-ts: lost node n2 \(rank 2\): ssh [^\n]*SIGKILL[^\n]*\n$/)
    await expectNothingLeft(job)
  })

  it('of the coordinator ends agents that are still starting', async () => {
    const started = jobs().start(['--host', 'n1,n2', '/no/such/program.js'])
    expect(await eventually(() => jobs().sshProcesses().length === 2, 30_000)).to.equal(true)
    started.child.kill('SIGKILL')
    await started.result
    expect(await eventually(() => jobs().allProcesses().length === 0, 30_000)).to.equal(true)
  })
})

describe('an error of a rank', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])

  it('ends the job while a rank of another node sits in a barrier', async () => {
    const job = await startLingering(jobs(), ['--host', 'n1,n2'], 2, ['throw'])
    const run = await job.result
    expect(run.status).to.equal(1)
    expect(run.stderr).to.match(/^mpirun-ts: rank 1 on n2 failed: Error: thrown while others wait\n/)
    expect(await job.gone()).to.equal(true)
  })
})
