// IN_PLACE for reductions, and views that share memory without it.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const sum = (size * (size - 1)) / 2

for (const length of [1, 1000, 100_000]) {
  const view = new Float64Array(length).fill(rank)
  comm.allreduceInto(MPI.IN_PLACE, view)
  assert.ok(view.every((x) => x === sum))
  const root = size - 1
  const mine = new Float64Array(length).fill(rank)
  comm.reduceInto(rank === root ? MPI.IN_PLACE : mine, rank === root ? mine : null, MPI.MAX, root)
  assert.ok(mine.every((x) => x === rank))
  const into = new Float64Array(length)
  comm.reduceInto(mine, rank === root ? into : null, MPI.SUM, root)
  if (rank === root) assert.ok(into.every((x) => x === sum))
}
for (const length of [1, 1000, 100_000]) {
  const prefix = new Int32Array(length).fill(rank + 1)
  comm.scanInto(MPI.IN_PLACE, prefix)
  assert.ok(prefix.every((x) => x === ((rank + 1) * (rank + 2)) / 2))
  // On rank 0 the view stays as it is.
  const below = new Int32Array(length).fill(rank + 1)
  comm.exscanInto(MPI.IN_PLACE, below)
  assert.ok(below.every((x) => x === (rank === 0 ? 1 : (rank * (rank + 1)) / 2)))
}

const memory = new Float64Array(10)
assert.throws(() => comm.allreduceInto(memory.subarray(0, 5), memory.subarray(4, 9)), { code: 'ERR_BUFFER' })
assert.throws(() => comm.scanInto(memory, memory), { code: 'ERR_BUFFER' })
assert.throws(() => comm.exscanInto(memory.subarray(0, 2), memory.subarray(1, 3)), { code: 'ERR_BUFFER' })
assert.throws(() => comm.reduceInto(memory, memory, MPI.SUM, rank), { code: 'ERR_BUFFER' })
// IN_PLACE is for the rank that has the result in its view.
if (size > 1)
  assert.throws(() => comm.reduceInto(MPI.IN_PLACE, null, MPI.SUM, (rank + 1) % size), { code: 'ERR_BUFFER' })
assert.throws(() => comm.allreduceInto(memory, new Float64Array(3)), { code: 'ERR_COUNT' })
assert.throws(() => comm.allreduceInto(memory, new Float32Array(10)), { code: 'ERR_TYPE' })
comm.barrier()
