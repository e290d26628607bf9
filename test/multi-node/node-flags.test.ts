import { expect } from 'chai'
import { withPrograms } from '../support/run-job.ts'
import { useSshJobs } from './ssh-jobs.ts'

const FILES = {
  'show.mjs': `import { MPI } from 'mpirun-ts'
import v8 from 'node:v8'
let depth = 0
try { (function deeper() { depth++; deeper() })() } catch {}
const heapMb = v8.getHeapStatistics().heap_size_limit / 2 ** 20
console.log(MPI.COMM_WORLD.rank, [heapMb < 600, typeof gc === 'function', globalThis.wasLoaded === true, depth > 60000].join(' '))`,
  'load.cjs': 'globalThis.wasLoaded = true',
  // Many small objects: V8 itself gives up when one call takes a large part of the heap.
  'full.mjs': `import { MPI } from 'mpirun-ts'
const kept = []
if (MPI.COMM_WORLD.rank === 1) for (;;) kept.push({ number: kept.length, text: [kept.length] })
MPI.COMM_WORLD.barrier()`,
}

const HEAP = '--max-old-space-size=200'

describe('flags of Node', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works'])

  for (const [name, flags, env, expected] of [
    ['none', [], {}, 'false false false false'],
    [
      '--node-args',
      ['--node-args', `${HEAP} --expose-gc`, '--node-args', '--stack-size=8000'],
      {},
      'true true false true',
    ],
    ['--node-args of a module', ['--node-args', '--require ./load.cjs'], {}, 'false false true false'],
    ['NODE_OPTIONS', [], { NODE_OPTIONS: `${HEAP} --require ./load.cjs` }, 'true false true false'],
    ['-x NODE_OPTIONS', ['-x', `NODE_OPTIONS=${HEAP}`], {}, 'true false false false'],
    [
      'flags that threads do not take',
      [],
      { NODE_OPTIONS: '--no-warnings --openssl-legacy-provider' },
      'false false false false',
    ],
  ] as const) {
    it(`by ${name} are the same for ranks of all nodes`, async () => {
      const run = await withPrograms(FILES, (cwd) =>
        jobs().run([...flags, '--host', 'localhost,n1', 'show.mjs'], { cwd, env }),
      )
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(run.stdout.trim().split('\n').toSorted()).to.deep.equal([`0 ${expected}`, `1 ${expected}`])
    })
  }

  it('that no Node knows are a mistake of the command line', async () => {
    const run = await jobs().run(['--node-args', '--no-such-flag', '--host', 'n1', 'show.mjs'])
    expect(run).to.include({ status: 2, stdout: '' })
    expect(run.stderr).to.match(/^mpirun-ts: --node-args: Node \S+ does not know the flag --no-such-flag\.\n$/)
  })

  it('that Node obeys at its start only are refused for the Node that runs already', async () => {
    const run = await jobs().run(['--node-args', '--openssl-legacy-provider', '-np', '1', 'examples/hello.js'])
    expect(run).to.include({ status: 2, stdout: '' })
    expect(run.stderr).to.match(/NODE_OPTIONS="--openssl-legacy-provider" mpirun-ts/)
  })

  for (const host of ['n1', 'localhost']) {
    it(`say with the end of a rank on ${host} what its limit was`, async () => {
      const run = await withPrograms(FILES, (cwd) =>
        jobs().run(['--node-args', '--max-old-space-size=60', '-np', '2', '--host', `${host}:2`, 'full.mjs'], { cwd }),
      )
      expect(run.status, run.stderr).to.equal(1)
      expect(run.stderr).to.match(
        /^mpirun-ts: rank 1 on \S+ failed: out of memory: .* limit of 60 MB\. .* --node-args "--max-old-space-size=120"/,
      )
    })
  }
})
