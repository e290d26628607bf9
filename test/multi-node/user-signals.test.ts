import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { Random } from '../support/random.ts'
import { eventually } from '../support/processes.ts'
import type { StartedJob } from '../support/run-job.ts'
import { fixture, isAlive, listeningPorts, type SshJobs, useSshJobs } from './ssh-jobs.ts'

const DEBUGGER_PORT = 9229
/** From the first line of the command on; a job of two hosts takes some two seconds. */
const MOMENTS_MS = 2500
const MOMENTS = Number(process.env['MPIRUN_TS_SIGNAL_MOMENTS'] ?? 4)
const SEED = Number(process.env['MPIRUN_TS_SEED'] ?? 9229)
/** signal(7): SIGUSR1 is number 10. */
const USR1_BIT = 1n << 9n

/** Whether SIGUSR1 is blocked, ignored or caught: before, it is neither Node nor ours. */
function standsUsr1(pid: number): boolean {
  try {
    const masks = [...readFileSync(`/proc/${pid}/status`, 'latin1').matchAll(/^Sig(?:Blk|Ign|Cgt):\t(\w+)$/gm)]
    return masks.some(([, mask]) => (BigInt(`0x${mask}`) & USR1_BIT) !== 0n)
  } catch {
    return false
  }
}

/** SIGUSR1 to every process of the job that is ours or runs for us; which ones. */
function signalAll(jobs: SshJobs, job: StartedJob): number[] {
  const pids = [job.child.pid ?? 0, ...jobs.allProcesses()].filter((pid) => standsUsr1(pid))
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGUSR1')
    } catch {
      // It has ended meanwhile.
    }
  }
  return pids
}

describe('SIGUSR1 to processes of a job', function () {
  this.timeout(60_000 + MOMENTS * 20_000)
  const jobs = useSshJobs(['works', 'works'])

  it(`opens no debugger and ends nothing, at ${MOMENTS} random moments (seed ${SEED})`, async () => {
    const random = new Random(SEED)
    for (let round = 0; round < MOMENTS; round++) {
      const ms = random.next() * MOMENTS_MS
      const job = jobs().start(['--host', 'localhost,n1:2,n2', fixture('linger.js'), 'pingpong', '1.5'])
      expect(await eventually(() => standsUsr1(job.child.pid ?? 0), 10_000)).to.equal(true)
      await delay(ms)
      const pids = signalAll(jobs(), job)
      await delay(500)
      const open = pids.filter((pid) => listeningPorts(pid).includes(DEBUGGER_PORT))
      expect(open, `debuggers after ${ms} ms`).to.deep.equal([])
      const run = await job.result
      expect(run, `SIGUSR1 after ${ms} ms to ${pids.length} processes: ${run.stderr}`).to.include({ status: 0 })
      expect(run.stdout.split('\n'), run.stdout).to.have.length(5)
    }
  })

  it('is passed on by an agent to the ranks of its node, and SIGUSR2 as well', async () => {
    const job = jobs().start(['--grace', '0.1', '--host', 'n1:2,n2', fixture('linger.js'), 'signal', 'stay'])
    for (const rank of [0, 1, 2]) await job.saw(`"rank":${rank}`)
    const [agent] = jobs()
      .agentProcesses()
      .filter((pid) => readFileSync(`/proc/${pid}/environ`, 'latin1').includes(' 127.0.0.2 '))
    process.kill(agent ?? 0, 'SIGUSR2')
    process.kill(agent ?? 0, 'SIGUSR1')
    for (const rank of [0, 1]) await job.saw(`${rank} got SIGUSR1`)
    job.child.kill('SIGINT')
    const { stdout } = await job.result
    expect(stdout)
      .to.match(/0 got SIGUSR2/)
      .and.match(/1 got SIGUSR2/)
    expect(stdout).to.not.match(/2 got SIGUSR/)
  })

  it('does nothing with --forward-signals none', async () => {
    const args = [
      '--grace',
      '0.1',
      '--forward-signals',
      'none',
      '--host',
      'n1,n2',
      fixture('linger.js'),
      'signal',
      'stay',
    ]
    const job = jobs().start(args)
    for (const rank of [0, 1]) await job.saw(`"rank":${rank}`)
    const pids = signalAll(jobs(), job)
    for (const pid of pids) process.kill(pid, 'SIGUSR2')
    expect(pids.length).to.be.at.least(5)
    job.child.kill('SIGINT')
    const run = await job.result
    expect(run.stdout)
      .to.match(/0 got SIGINT/)
      .and.match(/1 got SIGINT/)
    expect(run.stdout).to.not.match(/got SIGUSR/)
    expect(await eventually(() => !pids.some((pid) => isAlive(pid)), 30_000)).to.equal(true)
  })
})
