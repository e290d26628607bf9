import { MPI } from 'mpirun-ts'

/** Seconds that each figure is measured. */
const BUDGET = Number(process.env.BENCH_SECONDS ?? 0.1)
/** Seconds that the same calls run before: V8 compiles what they call again and again for the first half of a second. */
const WARM_UP = Number(process.env.BENCH_WARM_UP ?? 1)
/** Of larger messages the time is that of memory, and smaller ones before them have warmed up most of the code: a fifth is enough. */
const LARGE_BYTES = 65_536
const FEWEST = 3
const MOST = 1_000_000

/**
 * Seconds that one call of `step` takes, the mean over a batch of about `BENCH_SECONDS`, after batches that warm up. Every rank calls
 * `step(i)` as often as rank 0 says. Called by all ranks of `comm`; the peers' programs do the same. `bytes`: of a message.
 */
export function secondsPerCall(comm, step, bytes = 0) {
  const warmUp = bytes > LARGE_BYTES ? WARM_UP / 5 : WARM_UP
  const count = new Int32Array(1)
  let seconds = 0
  let spent = 0
  for (;;) {
    const isMeasured = spent > warmUp
    if (comm.rank === 0) count[0] = callsIn(isMeasured ? BUDGET : BUDGET / 2, seconds) * (isMeasured ? -1 : 1)
    comm.bcastInto(count)
    const calls = Math.abs(count[0])
    comm.barrier()
    const start = MPI.wtime()
    for (let i = 0; i < calls; i += 1) step(i)
    const taken = MPI.wtime() - start
    seconds = taken / calls
    spent += taken
    // Rank 0 says by the sign which batch is the one that counts.
    if (count[0] < 0) return seconds
  }
}

function callsIn(budget, seconds) {
  return seconds === 0 ? FEWEST : Math.min(MOST, Math.max(FEWEST, Math.floor(budget / seconds)))
}

/** Seconds of the first call of `step` in this program, and the mean of the next ten and of the next thousand. */
export function secondsOfFirstCalls(comm, step) {
  return [1, 10, 1000].map((calls) => {
    comm.barrier()
    const start = MPI.wtime()
    for (let i = 0; i < calls; i += 1) step(i)
    return (MPI.wtime() - start) / calls
  })
}

/** Prints a figure on rank 0. */
export function say(key, value) {
  if (MPI.COMM_WORLD.rank === 0) console.log(`${key}\t${value}`)
}

/** How many messages of a window of 64 are sent before an answer: at most 32 MiB at a time, at least two messages. */
export function windowOf(bytes) {
  return Math.max(2, Math.min(64, Math.floor(2 ** 25 / bytes)))
}
