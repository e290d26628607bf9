import assert from 'node:assert/strict'
import { MPI, MPIError } from 'mpirun-ts'

type Comm = typeof MPI.COMM_WORLD

/**
 * Runs calls on a communicator of their own; every rank must get ERR_COLLECTIVE_MISMATCH with these names in it, by the end of `meet()`
 * behind them.
 */
export function expectMismatch(names: readonly RegExp[], call: (comm: Comm) => unknown): void {
  const comm = MPI.COMM_WORLD.dup()
  assert.throws(
    () => {
      call(comm)
      meet(comm)
    },
    (error) => {
      assert.ok(error instanceof MPIError, String(error))
      assert.equal(error.code, 'ERR_COLLECTIVE_MISMATCH', error.message)
      for (const name of names) assert.match(error.message, name)
      return true
    },
  )
  MPI.COMM_WORLD.barrier()
  comm.free()
}

/**
 * On one node a barrier is enough. Between nodes a rank that another one's message would tell of the mismatch may have left the call before it came.
 * But that message comes before the other one's part of a first exchange, so whom it reaches fails there and sends no part of a second one, and nobody
 * gets past that.
 */
function meet(comm: Comm): void {
  if (MPI.nodeCount === 1) return comm.barrier()
  for (let i = 0; i < 2; i += 1) comm.alltoall(new Array<null>(comm.size).fill(null))
}
