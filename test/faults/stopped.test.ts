import { expect } from 'chai'
import { isAlive, useSshJobs } from '../multi-node/ssh-jobs.ts'
import { endAll, type LingeringJob, startLingering } from './running-job.ts'

/** Silence is noticed by heartbeats, which takes a while; so the jobs wait side by side. */
describe('a process that stops answering', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])
  let agentStops: LingeringJob
  let coordinatorStops: LingeringJob
  let agentPid: number
  let began: number

  before(async () => {
    const start = (doing: string) => startLingering(jobs(), ['--host', 'n1,n2'], 2, [doing])
    ;[agentStops, coordinatorStops] = await Promise.all([start('wait'), start('loop')])
    agentPid = agentStops.pidOfAgent('n2')
    process.kill(agentPid, 'SIGSTOP')
    process.kill(coordinatorStops.child.pid ?? 0, 'SIGSTOP')
    began = performance.now()
  })

  after(async () => {
    await Promise.all([endAll(agentStops), endAll(coordinatorStops)])
  })

  it('is an agent: the job ends with 3 after the silence and names the node', async () => {
    const run = await agentStops.result
    expect((performance.now() - began) / 1000).to.be.within(8, 40)
    expect(run.status, run.stderr).to.equal(3)
    expect(run.stderr).to.match(/^mpirun-ts: lost node n2 \(rank 1\): [^\n]*no sign of life for 10 s[^\n]*\n$/)
    expect(isAlive(agentPid)).to.equal(true)
    process.kill(agentPid, 'SIGCONT')
    expect(await agentStops.gone()).to.equal(true)
  })

  it('is the coordinator: agents end themselves', async () => {
    const agents = coordinatorStops.ranks.map(({ pid }) => pid)
    while (agents.some(isAlive) && performance.now() - began < 60_000) {
      await new Promise<void>((resolve) => void setTimeout(resolve, 100))
    }
    expect(agents.some(isAlive)).to.equal(false)
    expect(isAlive(coordinatorStops.child.pid ?? 0)).to.equal(true)
    coordinatorStops.child.kill('SIGCONT')
    const run = await coordinatorStops.result
    expect(run.status, run.stderr).to.equal(3)
  })
})
