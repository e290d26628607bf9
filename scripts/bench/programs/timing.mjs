import { MPI } from 'mpirun-ts'

/** Share of the time budget of each batch; the first ones warm up and tell how long a call takes. */
const BATCHES = [0, 0.1, 0.3, 1]
const FEWEST = 3
const MOST = 100_000

/**
 * Seconds that one call of `step` takes, the mean over a batch of about `budget` seconds; every rank calls `step(i)` as often as rank 0 says.
 * Called by all ranks of `comm`; the peers' programs do the same.
 */
export function secondsPerCall(comm, step, budget = BUDGET) {
  let seconds = 0
  for (const share of BATCHES) {
    const count = new Int32Array(1)
    if (comm.rank === 0) count[0] = share === 0 ? 10 : Math.min(MOST, Math.max(FEWEST, (share * budget) / seconds))
    comm.bcastInto(count)
    comm.barrier()
    const start = MPI.wtime()
    for (let i = 0; i < count[0]; i += 1) step(i)
    seconds = (MPI.wtime() - start) / count[0]
  }
  return seconds
}

/** Seconds for each figure. */
export const BUDGET = Number(process.env.BENCH_SECONDS ?? 0.1)

/** Prints a figure on rank 0. */
export function say(key, value) {
  if (MPI.COMM_WORLD.rank === 0) console.log(`${key}\t${value}`)
}

/** How many messages of a window of 64 are sent before an answer: at most 32 MiB at a time, at least two messages. */
export function windowOf(bytes) {
  return Math.max(2, Math.min(64, Math.floor(2 ** 25 / bytes)))
}
