import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir, withPrograms } from '../support/run-job.ts'

/** Messages, a reduction of views with values that are known, and the pi kernel, which is WebAssembly. */
const PROGRAM = `import { MPI } from 'mpirun-ts'
import { countHits } from 'mpirun-ts/pi'
const comm = MPI.COMM_WORLD
const { rank, size } = comm
const sum = comm.allreduce(new Float64Array(1000).fill(rank + 1), MPI.SUM)
const right = comm.sendrecv(rank, (rank + 1) % size, (rank + size - 1) % size)
const hits = comm.reduce(countHits({ seed: rank + 1, trials: 1e5 }), MPI.SUM)
if (sum[999] !== size * (size + 1) / 2 || right !== (rank + size - 1) % size) throw new Error('wrong values')
if (rank === 0) console.log('ran', size, hits > size * 75000)`

interface Run {
  readonly status: number | string
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program as so many ranks under a limit of its shell. */
function runUnder(limit: string, np: number): Promise<Run> {
  return withPrograms({ 'p.mjs': PROGRAM }, (cwd) => {
    const words = [process.execPath, join(projectDir, 'dist/mpirun.cjs'), '-np', String(np), 'p.mjs']
    return new Promise((resolve) => {
      const child = execFile(
        '/bin/sh',
        ['-c', `ulimit ${limit} && exec "$0" "$@"`, ...words],
        { cwd, timeout: 50_000 },
        (error, stdout, stderr) =>
          resolve({ status: error === null ? 0 : (error.code ?? error.signal ?? '?'), stdout, stderr }),
      )
      child.stdin?.end()
    })
  })
}

describe('under low limits', function () {
  this.timeout(60_000)

  /** `option`: of ulimit; what it says where it is too low. */
  const expectRunOrWords = (run: Run, option: string, np: number): void => {
    if (run.status === 0) expect(run).to.include({ stdout: `ran ${np} true\n`, stderr: '' })
    else {
      expect(run).to.include({ status: 1, stdout: '' })
      expect(run.stderr).to.match(
        new RegExp(`^mpirun-ts: [^\\n]* needs? about .*, the limit is .*: ulimit ${option} \\d+[^\\n]*\\n$`),
      )
    }
  }

  for (const [files, np, runs] of [
    [22, 1, false],
    [40, 4, false],
    [70, 1, true],
    [100, 16, false],
    [120, 4, true],
  ] as const) {
    it(`of ${files} open files ${np} ranks ${runs ? 'run' : 'say so'}`, async () => {
      const run = await runUnder(`-n ${files}`, np)
      expectRunOrWords(run, '-n', np)
      expect(run.status, run.stderr).to.equal(runs ? 0 : 1)
    })
  }

  for (const [gigabytes, np, runs] of [
    [4, 1, true],
    [4, 2, true],
    [4, 32, false],
    [10, 8, true],
    [16, 2, true],
  ] as const) {
    it(`of ${gigabytes} GB of addresses ${np} ranks ${runs ? 'run' : 'say so'}`, async () => {
      const run = await runUnder(`-v ${gigabytes * 1_000_000}`, np)
      expectRunOrWords(run, '-v', np)
      expect(run.status, run.stderr).to.equal(runs ? 0 : 1)
    })
  }
})
