// alltoall of values and views; unequal blocks, empty rows, one that is hot.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const ranks = [...Array(size).keys()]

assert.deepEqual(
  comm.alltoall(ranks.map((r) => [rank, r])),
  ranks.map((r) => [r, rank]),
)
const views = comm.alltoall<Int32Array>(Int32Array.from({ length: 2 * size }, (_, i) => rank * 1000 + i))
assert.deepEqual(
  views,
  ranks.map((r) => Int32Array.of(r * 1000 + 2 * rank, r * 1000 + 2 * rank + 1)),
)

const recv = new Float64Array(size)
comm.alltoallInto(
  Float64Array.from(ranks, (r) => rank * size + r),
  recv,
)
assert.deepEqual(
  [...recv],
  ranks.map((r) => r * size + rank),
)
comm.alltoallInto(MPI.IN_PLACE, recv)
assert.deepEqual(
  [...recv],
  ranks.map((r) => rank * size + r),
)

// Everybody sends to rank 0 only, and a lot.
const LENGTH = 50_000
const sendCounts = ranks.map((r) => (r === 0 ? LENGTH : 0))
const recvCounts = ranks.map(() => (rank === 0 ? LENGTH : 0))
const hot = new Int32Array(rank === 0 ? LENGTH * size : 0)
await comm.ialltoallInto(new Int32Array(LENGTH).fill(rank), hot, { sendCounts, recvCounts })
if (rank === 0) for (const r of ranks) assert.equal(hot[r * LENGTH + LENGTH - 1], r)

assert.throws(() => comm.alltoall([...ranks, 0]), { code: 'ERR_COUNT' })
assert.deepEqual(
  comm.alltoall(ranks),
  ranks.map(() => rank),
)
