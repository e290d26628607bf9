import assert from 'node:assert/strict'
import { MPI, MPIError } from 'mpirun-ts'

/**
 * Runs calls on a communicator of their own; every rank must get ERR_COLLECTIVE_MISMATCH with these names in it, by the end of `meet`
 * behind them.
 */
export function expectMismatch(
  names: readonly RegExp[],
  call: (comm: typeof MPI.COMM_WORLD) => unknown,
  meet: (comm: typeof MPI.COMM_WORLD) => unknown = (comm) => comm.barrier(),
): void {
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
