// Communicators beyond what shared memory has room for: their collectives take another way, with the same results.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const { rank, size } = MPI.COMM_WORLD
const MANY = size > 3 ? 100 : 1000
const mine = new Float64Array(2000).fill(rank)
const sum = (size * (size - 1)) / 2

for (let round = 0; round < 2; round += 1) {
  const comms = Array.from({ length: MANY }, () => MPI.COMM_WORLD.dup())
  for (const [i, comm] of comms.entries()) {
    comm.barrier()
    assert.equal(comm.allreduce(rank), sum)
    // Long views need more memory than there is for all.
    if (i % 10 > 0) continue
    assert.ok(comm.allreduce(mine).every((x) => x === sum))
    assert.equal(comm.bcast(rank === i % size ? i : -1, i % size), i)
    const view = new Float64Array(2000).fill(rank)
    comm.bcastInto(view, i % size)
    assert.ok(view.every((x) => x === i % size))
  }
  // In another order on each rank.
  while (comms.length > 0) comms.splice((rank * 7919) % comms.length, 1)[0]?.free()
}
// Freed by ranks while others are still in it.
for (let i = 0; i < 200; i += 1) {
  const comm = MPI.COMM_WORLD.dup()
  comm.bcast(i, i % size)
  comm.free()
}
