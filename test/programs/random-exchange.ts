// Random messages, receives, wildcards, probes and cancels: what comes out must be permitted by MPI. MPI_TEST_SEED repeats a run.
import { MPI } from 'mpirun-ts'
import { randomExchange } from '../support/random-exchange.ts'
import { testSeed } from '../support/random.ts'

const comm = MPI.COMM_WORLD
const first = comm.bcast(testSeed())
for (let seed = first; seed < first + 4; seed += 1) {
  await randomExchange(MPI, { seed, messages: 40, longest: 40_000, isBlocking: true })
}
