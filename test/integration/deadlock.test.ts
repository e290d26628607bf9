import { expect } from 'chai'
import { type JobRun, runJob, type RunOptions, startJob } from '../support/run-job.ts'
import { jobsSideBySide } from '../support/side-by-side.ts'
import { withFolder } from './program-folder.ts'

const IMPORT = `import { MPI, MPIError } from 'mpirun-ts'\nconst { COMM_WORLD: comm } = MPI\nconst { rank, size } = comm\n`

/** Runs a program, with IMPORT in front, as `p.mjs` of the working directory. */
function runProgram(text: string, args: readonly string[], options: RunOptions = {}): Promise<JobRun> {
  return withFolder({ 'p.mjs': IMPORT + text }, (folder) => runJob([...args, 'p.mjs'], { ...options, cwd: folder }))
}

/** The report without the host's name and without the stack below the table. */
function reportOf({ stderr }: JobRun): string[] {
  const lines = stderr.split('\n')
  const end = lines.findIndex((line) => line.startsWith('(MPIRUN_TS_DEADLOCK'))
  return lines.slice(0, end + 1).map((line) => line.replace(/ on \S+/, ''))
}

/** Programs in which all wait; the lines of the table, and the calls that may be named first. */
const DEADLOCKS: readonly { name: string; args: readonly string[]; text: string; calls: string[]; table: string[] }[] =
  [
    {
      name: 'a ring of recv',
      args: ['-np', '3', '--oversubscribe'],
      text: `function pass() { return comm.recv((rank + 1) % size, 5) }\npass()`,
      calls: ['recv(source = 1, tag = 5)', 'recv(source = 2, tag = 5)', 'recv(source = 0, tag = 5)'],
      table: [
        '  rank 0  recv(source = 1, tag = 5) in COMM_WORLD  p.mjs:4',
        '  rank 1  recv(source = 2, tag = 5) in COMM_WORLD  p.mjs:4',
        '  rank 2  recv(source = 0, tag = 5) in COMM_WORLD  p.mjs:4',
      ],
    },
    {
      name: 'sends head to head with --sync-send',
      args: ['-np', '2', '--sync-send'],
      text: `comm.send(new Float64Array(2 ** 21), 1 - rank, 3)\ncomm.recv()`,
      calls: ['send(dest = 1, tag = 3)', 'send(dest = 0, tag = 3)'],
      table: [
        '  rank 0  send(dest = 1, tag = 3) in COMM_WORLD  p.mjs:4',
        '  rank 1  send(dest = 0, tag = 3) in COMM_WORLD  p.mjs:4',
      ],
    },
    {
      name: 'ssend to itself',
      args: ['-np', '2'],
      text: `if (rank === 0) comm.ssend('x', 0)`,
      calls: ['ssend(dest = 0, tag = 0)'],
      table: ['  rank 0  ssend(dest = 0, tag = 0) in COMM_WORLD  p.mjs:4', '  rank 1  has finished'],
    },
    {
      name: 'a collective, a probe and a request of a communicator of its own',
      args: ['-np', '3', '--oversubscribe'],
      text: `const other = comm.dup()\nother.name = 'pair'\nif (rank === 0) comm.barrier()\nelse if (rank === 1) other.probe(0)\nelse MPI.waitAny([other.irecv(1, 2), other.irecv(0)])`,
      calls: ['barrier in COMM_WORLD, waiting for rank', 'probe(source = 0', 'waitAny(['],
      table: [
        '  rank 0  barrier in COMM_WORLD, waiting for ranks 1, 2 ',
        '  rank 1  probe(source = 0, tag = ANY_TAG) in pair ',
        '  rank 2  waitAny([irecv(source = 1, tag = 2), irecv(source = 0, tag = ANY_TAG)]) ',
      ],
    },
    {
      name: 'requests that are awaited, with nothing else to wait for',
      args: ['-np', '2'],
      text: `if (rank === 0) comm.recv(1)\nelse await Promise.all([comm.irecv(0, 1), comm.ibarrier()])`,
      calls: ['recv(source = 1, tag = ANY_TAG)', 'irecv(source = 0, tag = 1)', 'ibarrier'],
      table: ['  rank 0  recv(source = 1', '  rank 1  await '],
    },
  ]

/** Programs that look for a while as if nobody could get on. */
const LIVE: readonly { name: string; text: string; options?: RunOptions }[] = [
  {
    name: 'one rank computes',
    text: `if (rank === 0) { const end = performance.now() + 3000; while (performance.now() < end); comm.send(1, 1) }\nelse comm.recv(0)`,
  },
  {
    name: 'a timer sends',
    text: `if (rank === 0) setTimeout(() => comm.send(1, 1), 3000)\nawait comm.irecv(rank === 0 ? 1 : 0)\nif (rank === 1) comm.send(2, 0)`,
  },
  {
    name: 'a child process is awaited',
    text: `import { spawn } from 'node:child_process'\nif (rank === 0) spawn('sleep', ['3']).on('exit', () => comm.send(1, 1))\nawait comm.irecv(rank === 0 ? 1 : 0)\nif (rank === 1) comm.send(2, 0)`,
  },
  {
    name: 'a thread of the program computes',
    text: `import { Worker } from 'node:worker_threads'\nif (rank === 0) new Worker('const end = Date.now() + 3000; while (Date.now() < end);', { eval: true }).on('exit', () => comm.send(1, 1))\nawait comm.irecv(rank === 0 ? 1 : 0)\nif (rank === 1) comm.send(2, 0)`,
  },
  {
    name: 'a receive has a time limit',
    text: `import assert from 'node:assert'\nif (rank === 0) { assert.throws(() => comm.recv(1, 1, { timeout: 3000 }), { code: 'ERR_TIMEOUT' }); comm.send(1, 1) }\nelse comm.recv(0)`,
  },
  {
    name: 'a signal will cancel a receive',
    text: `if (rank === 0) { await comm.irecv(1, 1, { signal: AbortSignal.timeout(3000) }).then(() => process.exit(9), () => 0); comm.send(1, 1) }\nelse comm.recv(0)`,
  },
  {
    name: 'a local pool works',
    text: `import { Pool } from 'mpirun-ts'\nif (rank === 0) { const pool = new Pool(1); pool.map(() => { const end = Date.now() + 3000; while (Date.now() < end); }, [1]); pool.terminate(); comm.send(1, 1) }\nelse comm.recv(0)`,
  },
]

describe('deadlocks', function () {
  this.timeout(120_000)

  for (const { name, args, text, calls, table } of DEADLOCKS) {
    it(`${name}: ERR_DEADLOCK with who waits for whom, once`, async () => {
      const run = await runProgram(text, args)
      expect(run, run.stderr).to.include({ status: 1, stdout: '' })
      const [first = '', ...rows] = reportOf(run)
      expect(first).to.match(
        /^mpirun-ts: rank \d failed: MPIError: .*: deadlock, all ranks wait for each other or have finished:$/,
      )
      expect(
        calls.some((call) => first.includes(call)),
        first,
      ).to.equal(true)
      expect(rows).to.have.length(table.length + 1)
      for (const [i, row] of table.entries()) expect(rows[i]?.startsWith(row), `${rows[i]} for ${row}`).to.equal(true)
      expect(run.stderr).to.include("code: 'ERR_DEADLOCK'")
      expect(run.stderr.match(/mpirun-ts:/g), run.stderr).to.have.length(1)
    })
  }

  for (const [name, one, other] of [
    ['gather and scatter', 'comm.gather(1)', 'comm.scatter([1, 2, 3])'],
    ['two roots', 'comm.gather(1, 0)', 'comm.gather(1, size - 1)'],
    ['a barrier and parallelMap', 'comm.parallelMap((x) => x, [1])', 'comm.barrier()'],
    ['operations of which one is in shared memory', 'comm.reduce(1, MPI.BOR)', 'comm.reduce(1, MPI.MIN)'],
    ['awaited ones', 'await comm.igather(1)', 'await comm.iscatter([1, 2, 3])'],
  ] as const) {
    it(`${name} that wait for each other: ERR_COLLECTIVE_MISMATCH on every rank, naming both`, async () => {
      const text = `
        const codes = []
        try {
          if (rank === 0) { ${one} } else { ${other} }
          comm.barrier()
          comm.barrier()
        } catch (error) {
          codes.push(error.code)
          if (!/ on rank \\d met .* of rank \\d in COMM_WORLD/.test(error.message)) codes.push(error.message)
        }
        console.log(codes.join())`
      for (const ranks of [2, 3]) {
        const run = await runProgram(text, ['-np', String(ranks), '--oversubscribe'])
        const stdout = 'ERR_COLLECTIVE_MISMATCH\n'.repeat(ranks)
        expect(run, run.stderr).to.include({ status: 0, stderr: '', stdout })
      }
    })
  }

  it('whoever catches it goes on', async () => {
    const text = `
      for (let turn = 0; turn < 2; turn += 1) {
        try {
          comm.recv(1 - rank, 9)
        } catch (error) {
          if (!(error instanceof MPIError) || error.code !== 'ERR_DEADLOCK' || error.rank !== rank || error.call !== 'recv') throw error
        }
        if (comm.sendrecv(rank, 1 - rank, 1 - rank, { sendTag: 1, recvTag: 1 }) !== 1 - rank) throw new Error('wrong')
      }
      comm.send('late', 1 - rank, 9)
      console.log(comm.recv(1 - rank, 9))`
    const run = await runProgram(text, ['-np', '2'])
    expect(run, run.stderr).to.include({ status: 0, stderr: '', stdout: 'late\nlate\n' })
  })

  it('MPIRUN_TS_DEADLOCK=off looks for none', async () => {
    const text = `console.log(rank)\ncomm.recv(1 - rank)`
    const run = await runProgram(text, ['-np', '2', '--timeout', '4'], { env: { MPIRUN_TS_DEADLOCK: 'off' } })
    expect(run.status, run.stderr).to.equal(124)
  })

  describe('none', () => {
    // Each takes three seconds, in which nobody works.
    const runOf = jobsSideBySide(LIVE, 4, ({ text, options }) => runProgram(text, ['-np', '2'], options))
    for (const live of LIVE) {
      it(`while ${live.name}`, () => {
        const run = runOf(live)
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      })
    }
  })

  it('none while a rank waits for standard input', async () => {
    const text = `if (rank === 0) process.stdin.on('data', () => { comm.send(1, 1); process.exit() })\nawait comm.irecv(rank === 0 ? 1 : 0)`
    await withFolder({ 'p.mjs': IMPORT + text }, async (folder) => {
      const job = startJob(['-np', '2', 'p.mjs'], { cwd: folder, keepsStdinOpen: true })
      setTimeout(() => void job.child.stdin?.end('a line\n'), 3000)
      const run = await job.result
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
    })
  })
})
