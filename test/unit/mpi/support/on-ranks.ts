import type { MPIStatic } from '../../../../src/mpi/mpi.ts'
import type { Comm } from '../../../../src/mpi/api/comm.ts'
import { testSeed } from '../../../support/random.ts'
import { TestNetwork } from './test-network.ts'

/** Runs a program of awaitable calls on `size` ranks of one thread. `creditBytes`: see TestNetwork. A failure names the seed (MPI_TEST_SEED repeats it). */
export async function onRanks<T>(
  size: number,
  program: (comm: Comm, mpi: MPIStatic) => Promise<T>,
  creditBytes?: number,
): Promise<T[]> {
  const seed = testSeed()
  try {
    const network = new TestNetwork(size, seed)
    if (creditBytes !== undefined) network.creditBytes = creditBytes
    return await network.run(({ MPI }) => program(MPI.COMM_WORLD, MPI))
  } catch (error) {
    if (error instanceof Error) error.message += ` (${size} ranks, seed ${seed})`
    throw error
  }
}
