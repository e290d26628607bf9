// scatter of lists and views, in equal and unequal blocks, and what is refused.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const ranks = [...Array(size).keys()]

for (const root of ranks) {
  const isRoot = rank === root
  assert.deepEqual(comm.scatter(isRoot ? ranks.map((r) => ({ r, root })) : null, root), { r: rank, root })
  const block = comm.scatter<Float64Array>(isRoot ? Float64Array.from({ length: 3 * size }, (_, i) => i) : null, root)
  assert.deepEqual([...block], [3 * rank, 3 * rank + 1, 3 * rank + 2])

  const counts = ranks.map((r) => r % 3)
  const displs = ranks.map((r) => r * 4)
  const source = Int32Array.from({ length: 4 * size }, (_, i) => i)
  const into = new Int32Array(counts[rank] ?? 0)
  comm.scatterInto(isRoot ? source : null, into, root, { counts, displs })
  assert.deepEqual(
    [...into],
    [...Array(counts[rank]).keys()].map((i) => rank * 4 + i),
  )

  const equal = new Int32Array(4)
  comm.scatterInto(isRoot ? source : null, isRoot ? MPI.IN_PLACE : equal, root)
  if (!isRoot)
    assert.deepEqual(
      [...equal],
      [0, 1, 2, 3].map((i) => rank * 4 + i),
    )
}
assert.deepEqual(await comm.iscatter(rank === 0 ? ranks : null), rank)

// Wrong on root: an error on all ranks.
for (const parts of [ranks.slice(1), [...ranks, 0]]) {
  assert.throws(() => comm.scatter(rank === 0 ? parts : null), { code: 'ERR_COUNT' })
}
if (size > 1) assert.throws(() => comm.scatter(rank === 0 ? new Int8Array(size + 1) : null), { code: 'ERR_COUNT' })
assert.equal(comm.scatter(rank === 0 ? ranks : null), rank)
