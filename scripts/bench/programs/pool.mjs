// Usage: node pool.mjs PART [THREADS]. Prints the figure of one part of the pool bench for mpirun-ts, a number. Counts, warm-up included, are
// those of its peers in scripts/bench/peers.
import { Pool } from 'mpirun-ts'

const increment = (x) => x + 1
const same = (x) => x
/** Computes for so many ms. */
const busy = (ms) => {
  const until = performance.now() + ms
  while (performance.now() < until);
  return ms
}
const numbers = (n) => Array.from({ length: n }, (_, i) => i)

/** Seconds that `work` takes. */
function secondsOf(work) {
  const start = performance.now()
  work()
  return (performance.now() - start) / 1000
}

// Two threads, or with --pool the ranks of the job.
const pool = new Pool(process.argv[3] === undefined ? undefined : Number(process.argv[3]))
pool.map(increment, numbers(64), { chunkSize: 1 })
const part = process.argv[2]
const figures = {
  tasks: () => {
    const items = numbers(50_000)
    pool.map(increment, items.slice(0, 5000), { chunkSize: 1 })
    return items.length / secondsOf(() => pool.map(increment, items, { chunkSize: 1 }))
  },
  chunks: () => {
    const items = numbers(2_000_000)
    pool.map(increment, items.slice(0, 100_000))
    return items.length / secondsOf(() => pool.map(increment, items))
  },
  apply: () => {
    for (let i = 0; i < 2000; i += 1) pool.apply(increment, [i])
    return (
      (1e6 / 10_000) *
      secondsOf(() => {
        for (let i = 0; i < 10_000; i += 1) pool.apply(increment, [i])
      })
    )
  },
  // The lesson's list ten times over: 10^1 to 10^7 darts, a dart being 5 ns. Never less than 278 ms on two threads.
  skewed: () => {
    const lengths = Array.from({ length: 70 }, (_, i) => 5e-6 * 10 ** ((i % 7) + 1))
    return 1000 * secondsOf(() => pool.map(busy, lengths, { chunkSize: 1 }))
  },
  view: () => {
    const view = new Float64Array(131_072).fill(1)
    for (let i = 0; i < 20; i += 1) pool.apply(same, [view])
    return (
      (1e6 / 200) *
      secondsOf(() => {
        for (let i = 0; i < 200; i += 1) pool.apply(same, [view])
      })
    )
  },
  moved: () => {
    const give = './pool-move.mjs#give'
    let view = new Float64Array(131_072).fill(1)
    for (let i = 0; i < 20; i += 1) view = pool.apply(give, [Pool.move(view)])
    return (
      (1e6 / 500) *
      secondsOf(() => {
        for (let i = 0; i < 500; i += 1) view = pool.apply(give, [Pool.move(view)])
      })
    )
  },
  start: () => 0,
}
console.log(figures[part]())
pool.terminate()
