// Usage: node pool.mjs PART. Prints the figure of one part of the pool bench for mpirun-ts, a number.
import { Pool } from 'mpirun-ts'

const increment = (x) => x + 1
const same = (x) => x
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
    const items = numbers(100_000)
    pool.map(increment, items.slice(0, 10_000), { chunkSize: 1 })
    return items.length / secondsOf(() => pool.map(increment, items, { chunkSize: 1 }))
  },
  chunks: () => {
    const items = numbers(2_000_000)
    pool.map(increment, items.slice(0, 100_000))
    return items.length / secondsOf(() => pool.map(increment, items))
  },
  apply: () => {
    for (let i = 0; i < 500; i += 1) pool.apply(increment, [i])
    return (
      (1e6 / 2000) *
      secondsOf(() => {
        for (let i = 0; i < 2000; i += 1) pool.apply(increment, [i])
      })
    )
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
