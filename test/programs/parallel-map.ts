// parallelMap: results in order of the items whatever rank did which, errors with their origin.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const factor = 3
const items = Array.from({ length: 500 }, (_, i) => i)

for (const root of new Set([0, size - 1])) {
  const results = comm.parallelMap((x: number, index) => [x * factor, index], rank === root ? items : undefined, {
    root,
  })
  assert.deepEqual(results, rank === root ? items.map((x) => [x * 3, x]) : undefined)
}
assert.deepEqual(
  comm.parallelMap((x: number) => x, rank === 0 ? [] : undefined),
  rank === 0 ? [] : undefined,
)
assert.deepEqual(
  comm.parallelMap((x: string) => x + x, 'abc', { chunkSize: 1 }),
  rank === 0 ? ['aa', 'bb', 'cc'] : undefined,
)
const unordered = comm.parallelMap((x: number) => x, items, { ordered: false, chunkSize: 7 })
assert.deepEqual(
  unordered?.sort((a, b) => a - b),
  rank === 0 ? items : undefined,
)
const views = comm.parallelMap((x: number) => new Float64Array(x), [1, 2, 3])
assert.deepEqual(
  views?.map((view) => view.length),
  rank === 0 ? [1, 2, 3] : undefined,
)
assert.equal((await comm.iparallelMap((x: number) => x + 1, items))?.[499], rank === 0 ? 500 : undefined)

class Odd extends Error {
  override name = 'Odd'
}
const fails = (x: number): number => {
  if (x === 40) throw Object.assign(new Odd('item 40 is odd'), { detail: 'why' })
  return x
}
assert.throws(
  () => comm.parallelMap(fails, items, { chunkSize: 1 }),
  (error) => {
    assert.ok(error instanceof Error)
    assert.match(error.message, /item 40 is odd/)
    if (rank !== 0) return true
    assert.equal(error.name, 'Odd')
    assert.equal('detail' in error && error.detail, 'why')
    assert.match(error.stack ?? '', /fails/)
    return true
  },
)
comm.barrier()
