// A function that throws on one rank, or wherever one rank's value comes, fails the call on all ranks; nobody hangs.
import assert from 'node:assert/strict'
import { MPI, MPIError } from 'mpirun-ts'

const { rank, size } = MPI.COMM_WORLD

const culprit = Math.floor(size / 2)
// Rank 0 combines in every algorithm; others need not.
for (const throws of [() => rank === 0, (...operands: number[]) => operands.some(Number.isNaN)]) {
  const comm = MPI.COMM_WORLD.dup()
  let thrown = false
  const op = (lower: number, higher: number): number => {
    if (throws(lower, higher)) {
      thrown = true
      throw new RangeError('cannot add')
    }
    return lower + higher
  }
  if (size === 1) continue
  try {
    comm.allreduce(rank === culprit ? Number.NaN : rank, op)
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
