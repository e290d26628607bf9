import { expect } from 'chai'
import { type JobRun, type StartedJob, startJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

/** One rank receives, one loops, one idles. */
const BLOCKED = `const { MPI } = require('mpirun-ts')
const { rank } = MPI.COMM_WORLD
MPI.COMM_WORLD.barrier()
console.log('up', rank)
if (rank === 0) MPI.COMM_WORLD.recv(1)
else if (rank === 1) for (;;);
else setTimeout(() => undefined, 1e6)
`
const HANDLERS = `const { MPI } = require('mpirun-ts')
const { rank } = MPI.COMM_WORLD
const idle = setTimeout(() => undefined, 1e6)
for (const name of ['SIGINT', 'SIGTERM'])
  process.on(name, (signal, number) => {
    console.log(rank, 'got', signal)
    if (process.argv[2] === 'slow') return
    setTimeout(() => { console.log(rank, 'bye'); process.exit(0) }, 100)
  })
for (const name of ['SIGUSR1', 'SIGUSR2', 'SIGWINCH']) process.on(name, (signal) => console.log(rank, 'got', signal))
process.stdin.once('data', () => undefined).once('end', () => undefined)
MPI.COMM_WORLD.barrier()
console.log('up', rank)
if (process.argv[2] === 'once') process.once('SIGUSR1', () => setTimeout(() => { clearTimeout(idle); process.exit(0) }, 300))
if (process.argv[2] === 'deaf') setTimeout(() => process.exit(0), 600)
if (process.argv[2] === 'last') process.once('SIGUSR2', () => setTimeout(() => process.exit(0), 300))
`

/** Starts three ranks, waits until all are up, lets `act` do something to the command, and returns the end of the job. */
async function during(program: string, args: readonly string[], act: (job: StartedJob) => unknown): Promise<JobRun> {
  return withFolder({ 'p.cjs': program }, async (folder) => {
    const job = startJob(['-np', '3', ...args], { cwd: folder })
    for (const rank of [0, 1, 2]) await job.saw(`up ${rank}`)
    await act(job)
    return job.result
  })
}

function count(run: JobRun, text: string): number {
  return run.stdout.split('\n').filter((line) => line.includes(text)).length
}

describe('signals to the command', () => {
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    it(`${signal} ends ranks that block, loop and idle: ${status}`, async () => {
      const run = await during(BLOCKED, ['--grace', '100', 'p.cjs'], ({ child }) => child.kill(signal))
      expect(run).to.include({ status, signal: null, stderr: `mpirun-ts: ended by ${signal}.\n` })
    })
  }

  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`${signal} reaches handlers, which have time to end: ${status}`, async () => {
      const run = await during(HANDLERS, ['--grace', '100', 'p.cjs'], ({ child }) => child.kill(signal))
      expect(run).to.include({ status, stderr: `mpirun-ts: ended by ${signal}.\n` })
      expect([count(run, `got ${signal}`), count(run, 'bye')]).to.deep.equal([3, 3])
    })
  }

  it('--grace is the time that handlers have', async () => {
    let began = 0
    const run = await during(HANDLERS, ['--grace', '5', 'p.cjs', 'slow'], ({ child }) => {
      began = performance.now()
      child.kill('SIGTERM')
    })
    // Longer than they have without the option.
    expect(performance.now() - began).to.be.at.least(4900)
    expect(run.status).to.equal(143)
    expect(count(run, 'got SIGTERM')).to.equal(3)
  })

  it('a second SIGINT ends a job at once whose handlers do nothing', async () => {
    const run = await during(HANDLERS, ['--grace', '100', 'p.cjs', 'slow'], async (job) => {
      job.child.kill('SIGINT')
      for (const rank of [0, 1, 2]) await job.saw(`${rank} got SIGINT`)
      job.child.kill('SIGINT')
    })
    expect(run).to.include({ status: 130, stderr: 'mpirun-ts: ended by SIGINT.\n' })
  })

  it('SIGUSR1, SIGUSR2 and SIGWINCH reach every rank once, and the job goes on', async () => {
    const run = await during(HANDLERS, ['p.cjs', 'once'], async (job) => {
      for (const name of ['SIGUSR2', 'SIGWINCH', 'SIGUSR1'] as const) {
        job.child.kill(name)
        for (const rank of [0, 1, 2]) await job.saw(`${rank} got ${name}`)
      }
    })
    expect(run).to.include({ status: 0, stderr: '' })
    for (const name of ['SIGUSR1', 'SIGUSR2', 'SIGWINCH']) expect(count(run, `got ${name}`)).to.equal(3)
  })

  it('--forward-signals names those that are passed on; the others do nothing', async () => {
    const only = await during(HANDLERS, ['--forward-signals', 'USR2', 'p.cjs', 'last'], async (job) => {
      job.child.kill('SIGUSR1')
      job.child.kill('SIGUSR2')
    })
    expect(only).to.include({ status: 0, stderr: '' })
    expect([count(only, 'got SIGUSR1'), count(only, 'got SIGUSR2')]).to.deep.equal([0, 3])
    const none = await during(HANDLERS, ['--forward-signals', 'none', 'p.cjs', 'deaf'], ({ child }) => {
      child.kill('SIGUSR1')
      child.kill('SIGUSR2')
    })
    // Node's own answer to SIGUSR1 would be its debugger.
    expect(none).to.include({ status: 0, stderr: '' })
    expect(count(none, 'got')).to.equal(0)
  })
})
