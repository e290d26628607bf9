// gather and allgather of values and views, in equal and unequal blocks, with gaps.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const ranks = [...Array(size).keys()]

for (const root of ranks) {
  const isRoot = rank === root
  const values = comm.gather({ rank, text: 'x'.repeat(rank * 1000) }, root)
  assert.deepEqual(values, isRoot ? ranks.map((r) => ({ rank: r, text: 'x'.repeat(r * 1000) })) : undefined)
  const views = comm.gather(Uint16Array.of(rank, root), root)
  assert.deepEqual(views, isRoot ? ranks.map((r) => Uint16Array.of(r, root)) : undefined)

  const recv = new Int32Array(3 * size).fill(-1)
  comm.gatherInto(new Int32Array(2).fill(rank), isRoot ? recv : null, root, {
    counts: ranks.map(() => 2),
    displs: ranks.map((r) => 3 * (size - 1 - r)),
  })
  if (isRoot)
    assert.deepEqual(
      [...recv],
      ranks.flatMap((_, i) => [size - 1 - i, size - 1 - i, -1]),
    )

  const inPlace = new Int32Array(size).fill(-1)
  inPlace[rank] = rank * 5
  comm.gatherInto(isRoot ? MPI.IN_PLACE : Int32Array.of(rank * 5), isRoot ? inPlace : null, root)
  if (isRoot)
    assert.deepEqual(
      [...inPlace],
      ranks.map((r) => r * 5),
    )
}

assert.deepEqual(
  comm.allgather(`rank ${rank}`),
  ranks.map((r) => `rank ${r}`),
)
const counts = ranks.map((r) => r)
const all = new Float64Array((size * (size - 1)) / 2)
comm.allgatherInto(new Float64Array(rank).fill(rank), all, { counts })
assert.deepEqual(
  [...all],
  ranks.flatMap((r) => new Array<number>(r).fill(r)),
)
const placed = new Int32Array(2 * size)
placed.fill(rank, 2 * rank, 2 * rank + 2)
await comm.iallgatherInto(MPI.IN_PLACE, placed)
assert.deepEqual(
  [...placed],
  ranks.flatMap((r) => [r, r]),
)

if (size > 1) {
  const overlapping = { counts: ranks.map(() => 2), displs: ranks.map((r) => r) }
  assert.throws(() => comm.allgatherInto(new Int32Array(2), new Int32Array(size + 1), overlapping), {
    code: 'ERR_BUFFER',
  })
}
const memory = new Int32Array(size + 1)
assert.throws(() => comm.allgatherInto(memory.subarray(0, 1), memory.subarray(0, size)), { code: 'ERR_BUFFER' })
comm.barrier()
