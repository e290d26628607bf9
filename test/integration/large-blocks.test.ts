import { expect } from 'chai'
import { needFree } from '../support/need-free.ts'
import { runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

/** Blocks behind 2^31 and 2^32 bytes of views that are empty but for them: memory that nobody touches takes none. */
const FAR = `import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'
const comm = MPI.COMM_WORLD
const { rank, size } = comm
const ranks = [...Array(size).keys()]
for (const first of [2 ** 28 - 1, 2 ** 29 - 1]) {
  for (const count of [2, 5000]) {
    const counts = ranks.map(() => count)
    const displs = ranks.map((one) => first + one * (count + 1))
    const both = { sendCounts: counts, sendDispls: displs, recvCounts: counts, recvDispls: displs }
    const whole = () => new Float64Array(first + size * (count + 1))
    const expectBlocks = (view, valueOf) => {
      for (const one of ranks) {
        const block = view.subarray(displs[one], displs[one] + count)
        assert.ok(block.every((x) => x === valueOf(one)), 'block ' + one)
        assert.equal(view[displs[one] + count], 0, 'the gap behind block ' + one)
      }
    }
    const mine = new Float64Array(count).fill(rank + 1)
    const all = whole()
    comm.allgatherInto(mine, all, { counts, displs })
    expectBlocks(all, (one) => one + 1)
    const atRoot = rank === 1 ? whole() : null
    comm.gatherInto(mine, atRoot, 1, { counts, displs })
    if (rank === 1) expectBlocks(atRoot, (one) => one + 1)
    const part = new Float64Array(count)
    comm.scatterInto(atRoot, part, 1, { counts, displs })
    assert.deepEqual(part, mine)
    const taken = whole()
    comm.alltoallInto(all, taken, both)
    expectBlocks(taken, () => rank + 1)
    await comm.ialltoallInto(all, taken, both)
    expectBlocks(taken, () => rank + 1)
    comm.alltoallInto(MPI.IN_PLACE, all, { recvCounts: counts, recvDispls: displs })
    expectBlocks(all, () => rank + 1)
  }
}
if (rank === 0) console.log('all came')`

/** One hot column, then one hot row, of 2.2 GiB in all; the other rows are empty. */
const HOT = `import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'
const comm = MPI.COMM_WORLD
const { rank, size } = comm
const ranks = [...Array(size).keys()]
const BLOCK = Math.ceil(2.2 * 2 ** 30 / size / 8)
const MARKS = [0, 1, 4095, BLOCK >> 1, BLOCK - 2, BLOCK - 1]
const hot = rank === 0 ? new Float64Array(BLOCK * size) : new Float64Array(0)
const toFirst = ranks.map((one) => (one === 0 ? BLOCK : 0))
const fromAll = ranks.map(() => (rank === 0 ? BLOCK : 0))
const mine = new Float64Array(BLOCK)
for (const [i, mark] of MARKS.entries()) mine[mark] = 100 * rank + i + 1
comm.alltoallInto(mine, hot, { sendCounts: toFirst, recvCounts: fromAll })
if (rank === 0) {
  for (const one of ranks) for (const [i, mark] of MARKS.entries()) assert.equal(hot[one * BLOCK + mark], 100 * one + i + 1)
}
mine.fill(0)
comm.alltoallInto(hot, mine, { sendCounts: fromAll, recvCounts: toFirst })
for (const [i, mark] of MARKS.entries()) assert.equal(mine[mark], 100 * rank + i + 1)
assert.equal(mine[2], 0)
if (rank === 0) console.log('all came')`

async function expectAllCame(program: string, ranks: number): Promise<void> {
  await withFolder({ 'p.mjs': program }, async (folder) => {
    const words = ['-np', String(ranks), '--oversubscribe', 'p.mjs']
    const run = await runJob(words, { cwd: folder, timeoutMs: 110_000 })
    expect(run, run.stderr).to.include({ status: 0, stdout: 'all came\n', stderr: '' })
  })
}

describe('blocks of large views', function () {
  this.timeout(120_000)

  it('behind 2^31 and 2^32 bytes are gathered, scattered and exchanged', async () => {
    await expectAllCame(FAR, 3)
  })

  it('of more than 2^31 bytes together, in one hot row or column', async function () {
    needFree(this, 7)
    await expectAllCame(HOT, 4)
  })
})
