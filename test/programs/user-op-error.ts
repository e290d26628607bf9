// A function that throws on one rank fails the call on all ranks; nobody hangs.
import assert from 'node:assert/strict'
import { MPI, MPIError } from 'mpirun-ts'

const { rank, size } = MPI.COMM_WORLD

for (const thrower of new Set([0, Math.floor(size / 2)])) {
  const comm = MPI.COMM_WORLD.dup()
  let thrown = false
  const op = (lower: number, higher: number): number => {
    if (rank === thrower) {
      thrown = true
      throw new RangeError('cannot add')
    }
    return lower + higher
  }
  if (size === 1) continue
  try {
    comm.allreduce(rank, op)
    comm.barrier()
    assert.fail('no error')
  } catch (error) {
    if (thrown) assert.ok(error instanceof RangeError)
    else
      assert.ok(
        error instanceof MPIError && error.code === 'ERR_OTHER' && /cannot add/.test(error.message),
        String(error),
      )
  }
  MPI.COMM_WORLD.barrier()
}
