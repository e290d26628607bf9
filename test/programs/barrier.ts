// Nobody leaves a barrier before all have come.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
for (let round = 0; round < 30; round += 1) {
  const late = round % comm.size
  if (comm.rank === late) for (let i = 0; i < comm.size; i += 1) comm.isend(round, i, 1)
  comm.barrier()
  // Sent before the sender came to the barrier, so it is on its way or here.
  assert.equal(comm.recv(late, 1), round)
}
await comm.ibarrier()
const { COMM_SELF } = MPI
COMM_SELF.barrier()
