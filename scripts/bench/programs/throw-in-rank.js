// A job that fails: the last rank throws while the others wait in a barrier. It says when, in ms since 1970.
import { MPI } from 'mpirun-ts'

const { rank, size } = MPI.COMM_WORLD
MPI.COMM_WORLD.barrier()
if (rank === size - 1) {
  console.log(`thrown at ${Date.now()}`)
  throw new Error('this rank fails on purpose')
}
MPI.COMM_WORLD.barrier()
