import type { MPIStatic } from '../../../../src/mpi/mpi.ts'
import type { Comm } from '../../../../src/mpi/comm.ts'
import { testSeed } from './random.ts'
import { TestNetwork } from './test-network.ts'

/** Runs a program of awaitable calls on `size` ranks of one thread. A failure names the seed (MPI_TEST_SEED repeats it). */
export async function onRanks<T>(size: number, program: (comm: Comm, mpi: MPIStatic) => Promise<T>): Promise<T[]> {
  const seed = testSeed()
  try {
    return await new TestNetwork(size, seed).run(({ MPI }) => program(MPI.COMM_WORLD, MPI))
  } catch (error) {
    if (error instanceof Error) error.message += ` (${size} ranks, seed ${seed})`
    throw error
  }
}
