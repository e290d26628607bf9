import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

/** Rank 1 does something while the others wait in all ways there are: recv, an endless loop, barrier, the event loop. */
const PROGRAM = `import { MPI } from 'mpirun-ts'
const comm = MPI.COMM_WORLD
comm.barrier()
class Odd extends Error {
  name = 'Odd'
  extra = { depth: 1 }
}
if (comm.rank === 1) {
  const [what, value] = process.argv.slice(2)
  await { ...{
    exitCode: () => { process.exitCode = 7 },
    exit: () => process.exit(7),
    atExit: () => process.on('exit', () => { process.exitCode = 9 }),
    exit256: () => process.exit(256 + 5),
    throw: () => { throw new Error('boom') },
    reject: () => { void Promise.reject(new Error('rejected')) },
    rejectText: () => { void Promise.reject('some text') },
    timer: () => { setTimeout(() => { throw new Error('late') }, 10) },
    cause: () => { throw new Odd('outer', { cause: new TypeError('inner') }) },
    circular: () => { const error = new Error('round'); error.cause = error; throw error },
    text: () => { throw 'just text' },
    undefined: () => { throw undefined },
    null: () => { throw null },
    object: () => { throw { code: 5 } },
    getter: () => { throw Object.defineProperty(new Error('hidden'), 'stack', { get() { throw new Error('no') } }) },
    stack: () => { const again = () => again() + 1; again() },
    memory: () => { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)) },
    mpi: () => comm.send(1, 99),
    abort: () => comm.abort(Number(value)),
    abortLater: () => { setTimeout(() => comm.abort(Number(value)), 10); return new Promise(() => undefined) },
    finish: () => undefined,
    long: () => { throw new Error('x'.repeat(1e6)) },
  } }[what]()
} else if (comm.rank === 0) comm.recv(1)
else if (comm.rank === 2) for (;;);
else if (comm.rank === 3) comm.barrier()
else setTimeout(() => undefined, 1e6)
`

/** Status, and what the one message says of rank 1. */
const CASES: Readonly<Record<string, readonly [status: number, says: RegExp]>> = {
  exitCode: [7, /rank 1 on \S+ exited with status 7/],
  exit: [7, /rank 1 on \S+ exited with status 7/],
  atExit: [9, /rank 1 on \S+ exited with status 9/],
  exit256: [5, /rank 1 on \S+ exited with status 5/],
  throw: [1, /rank 1 on \S+ failed: Error: boom\n(?: +at .*p\.mjs:\d+:\d+\)?\n)+$/],
  reject: [1, /rank 1 on \S+ failed: Error: rejected\n +at .*p\.mjs:\d+/],
  rejectText: [1, /rank 1 on \S+ failed: .*"some text"/],
  timer: [1, /rank 1 on \S+ failed: Error: late\n +at .*p\.mjs:\d+/],
  cause: [
    1,
    /rank 1 on \S+ failed: Odd: outer\n(?: +(?:at .*p\.mjs|\.\.\.).*\n)+ +extra: \{ depth: 1 \},\n +\[cause\]: TypeError: inner\n(?: +at .*\n)+\}\n$/,
  ],
  circular: [1, /rank 1 on \S+ failed: .*Error: round/],
  text: [1, /rank 1 on \S+ failed: uncaught 'just text'/],
  undefined: [1, /rank 1 on \S+ failed: uncaught undefined/],
  null: [1, /rank 1 on \S+ failed: uncaught null/],
  object: [1, /rank 1 on \S+ failed: uncaught \{ code: 5 \}/],
  getter: [1, /rank 1 on \S+ failed: Error: hidden/],
  stack: [1, /rank 1 on \S+ failed: RangeError: Maximum call stack size exceeded\n(?: +at .*p\.mjs.*\n){1,10}$/],
  memory: [1, /rank 1 on \S+ failed: out of memory/],
  mpi: [1, /rank 1 on \S+ failed: .*MPIError.*: send\(dest = 99\)[^]*p\.mjs:\d+[^]*'ERR_RANK'/],
  'abort 42': [42, /rank 1 on \S+ called abort\(42\)/],
  'abortLater 42': [42, /rank 1 on \S+ called abort\(42\)/],
  'abort 300': [44, /rank 1 on \S+ called abort\(300\)/],
  'abort 256': [1, /rank 1 on \S+ called abort\(256\)/],
  'abort 0': [1, /rank 1 on \S+ called abort\(0\)/],
  'abort -1': [255, /rank 1 on \S+ called abort\(-1\)/],
  'abort 1.5': [1, /rank 1 on \S+ called abort\(1\.5\)/],
  'abort x': [1, /rank 1 on \S+ called abort\(NaN\)/],
  // Whoever of the two that wait for rank 1 learns of its end first.
  finish: [
    1,
    /rank (?:0 on \S+ failed: .*MPIError.*: recv\(|3 on \S+ failed: .*MPIError.*: barrier)[^]*rank 1 has finished[^]*p\.mjs:\d+[^]*'ERR_PROC_FAILED'/,
  ],
  long: [1, /rank 1 on \S+ failed: Error: x{1000}/],
}

/** So that a rank runs out of memory soon. */
const SMALL_HEAP = { NODE_OPTIONS: '--max-old-space-size=40' }

/** Where abort(7) is called; the other ranks wait. */
const ABORTS: Readonly<Record<string, string>> = {
  'before any other call': 'if (comm.rank === 1) comm.abort(7)\ncomm.barrier()',
  'in a function that a reduction calls': 'comm.allreduce(comm.rank, () => comm.abort(7))\ncomm.barrier()',
  'where a request is awaited': 'await comm.ibarrier().then(() => comm.rank === 1 && comm.abort(7))\ncomm.barrier()',
  'in a function that parallelMap calls':
    'comm.parallelMap((x) => comm.abort(7), [1, 2, 3, 4], { chunkSize: 1 })\ncomm.barrier()',
}

describe('exit status and first cause', () => {
  for (const [where, text] of Object.entries(ABORTS)) {
    it(`abort(7) ${where}: 7`, async () => {
      const program = `import { MPI } from 'mpirun-ts'\nconst comm = MPI.COMM_WORLD\n${text}\n`
      await withFolder({ 'p.mjs': program }, async (folder) => {
        const run = await runJob(['-np', '3', 'p.mjs'], { cwd: folder })
        expect(run, run.stderr).to.include({ status: 7, stdout: '' })
        expect(run.stderr).to.match(/^mpirun-ts: rank \d on \S+ called abort\(7\); the job was ended\.\n$/)
      })
    })
  }

  for (const [what, [status, says]] of Object.entries(CASES)) {
    it(`${what}: ${status}, said once, while others recv, loop, wait and idle`, async () => {
      await withFolder({ 'p.mjs': PROGRAM }, async (folder) => {
        const env = what === 'memory' ? SMALL_HEAP : {}
        const run = await runJob(['-np', '5', 'p.mjs', ...what.split(' ')], { cwd: folder, env })
        expect(run, run.stderr.slice(0, 2000)).to.include({ status, stdout: '' })
        expect(run.stderr).to.match(says)
        expect(run.stderr.match(/^mpirun-ts: /gm)).to.have.length(1)
        expect(run.stderr).not.to.match(/mpirun\.cjs|mpirun-ts:rank|node:internal/)
      })
    })
  }

  it('0 when all ranks end with 0, also those that never use the library', async () => {
    const text = `if (process.env.MPIRUN_TS_RANK === '0') process.exit(0)
else if (process.env.MPIRUN_TS_RANK === '1') require('mpirun-ts').MPI.COMM_WORLD.send(1, 2)
`
    await withFolder({ 'p.cjs': text }, async (folder) => {
      const run = await runJob(['-np', '4', 'p.cjs'], { cwd: folder })
      expect(run).to.include({ status: 0, stdout: '', stderr: '' })
    })
  })

  it('the first rank in time to fail gives the status', async () => {
    const text = `const { MPI } = require('mpirun-ts')
const comm = MPI.COMM_WORLD
comm.barrier()
setTimeout(() => process.exit(3 + comm.rank), 900 - 300 * comm.rank)
`
    await withFolder({ 'p.cjs': text }, async (folder) => {
      const run = await runJob(['-np', '4', 'p.cjs'], { cwd: folder })
      expect(run, run.stderr).to.include({ status: 6 })
      expect(run.stderr).to.match(/^mpirun-ts: rank 3 on \S+ exited with status 6; the job was ended\.\n$/)
    })
  })

  it('an error that the program handles is no failure', async () => {
    const text = `process.on('uncaughtException', (error) => { console.log('handled', error.message); process.exitCode = 0 })
setTimeout(() => { throw new Error('x') }, 1)
setTimeout(() => process.exit(Number(process.argv[2])), 50)
`
    await withFolder({ 'p.cjs': text }, async (folder) => {
      const run = await runJob(['-np', '1', 'p.cjs', '0'], { cwd: folder })
      expect(run).to.include({ status: 0, stdout: 'handled x\n', stderr: '' })
      const seven = await runJob(['-np', '1', 'p.cjs', '7'], { cwd: folder })
      expect(seven.status).to.equal(7)
      expect(seven.stderr).to.match(/exited with status 7/)
    })
  })
})
