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
const memory = new Float64Array(10)
assert.throws(() => comm.allreduceInto(memory.subarray(0, 5), memory.subarray(4, 9)), { code: 'ERR_BUFFER' })
assert.throws(() => comm.scanInto(memory, memory), { code: 'ERR_BUFFER' })
assert.throws(() => comm.allreduceInto(memory, new Float64Array(3)), { code: 'ERR_COUNT' })
assert.throws(() => comm.allreduceInto(memory, new Float32Array(10)), { code: 'ERR_TYPE' })
comm.barrier()
