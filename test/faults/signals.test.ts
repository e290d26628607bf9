import { expect } from 'chai'
import { eventually } from '../support/processes.ts'
import { isAlive, useSshJobs } from '../multi-node/ssh-jobs.ts'
import { endAll, type LingeringJob, startLingering } from './running-job.ts'

const HOSTS = ['--host', 'n1,n2,localhost']
/** Longer than a job of these tests may take: who waits for its end fails. */
const LONG_GRACE = ['--grace', '100']

describe('signals with ranks on other hosts', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])
  let job: LingeringJob | undefined

  afterEach(async () => {
    await endAll(job)
    job = undefined
    expect(await eventually(() => jobs().allProcesses().length === 0, 30_000), 'ssh or an agent is left').to.equal(true)
  })

  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`${signal} reaches every rank, which may end by itself: ${status}`, async () => {
      job = await startLingering(jobs(), [...LONG_GRACE, ...HOSTS], 3, ['signal'])
      job.child.kill(signal)
      const run = await job.result
      expect(run.status, run.stderr).to.equal(status)
      for (const rank of [0, 1, 2]) expect(run.stdout).to.contain(`${rank} got ${signal}\n`)
      expect(await job.gone()).to.equal(true)
    })

    it(`${signal} ends ranks that do not listen at once: ${status}`, async () => {
      job = await startLingering(jobs(), [...LONG_GRACE, ...HOSTS], 3, ['loop'])
      job.child.kill(signal)
      const run = await job.result
      expect(run.status, run.stderr).to.equal(status)
      expect(await job.gone()).to.equal(true)
    })
  }

  it('SIGUSR1 reaches every rank and does not end the job', async () => {
    const started = await startLingering(jobs(), HOSTS, 3, ['signal', 'stay'])
    job = started
    started.child.kill('SIGUSR1')
    await Promise.all([0, 1, 2].map((rank) => started.saw(`${rank} got SIGUSR1\n`)))
    expect(started.processes.every(isAlive)).to.equal(true)
    started.child.kill('SIGTERM')
    await Promise.all([0, 1, 2].map((rank) => started.saw(`${rank} got SIGTERM\n`)))
    started.child.kill('SIGTERM')
    const run = await started.result
    expect(run.status, run.stderr).to.equal(143)
    expect(run.stdout.split('SIGUSR1')).to.have.length(4)
  })

  it('SIGINT leaves ranks that stay the time of --grace', async () => {
    job = await startLingering(jobs(), ['--grace', '5', ...HOSTS], 3, ['signal', 'stay'])
    const began = performance.now()
    job.child.kill('SIGINT')
    const run = await job.result
    expect(run.status, run.stderr).to.equal(130)
    // Longer than they have without the option.
    expect((performance.now() - began) / 1000).to.be.at.least(4.9)
    expect(await job.gone()).to.equal(true)
  })

  it('a second SIGINT ends everything, whatever --grace says', async () => {
    job = await startLingering(jobs(), [...LONG_GRACE, ...HOSTS], 3, ['signal', 'stay'])
    job.child.kill('SIGINT')
    await job.saw('0 got SIGINT')
    await job.saw('1 got SIGINT')
    job.child.kill('SIGINT')
    const run = await job.result
    expect(run.status, run.stderr).to.equal(130)
    expect(await eventually(() => job?.processes.some(isAlive) === false, 30_000)).to.equal(true)
  })
})
