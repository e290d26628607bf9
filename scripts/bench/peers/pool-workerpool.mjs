// Usage: node pool-workerpool.mjs PART. The pool bench for workerpool with two threads; prints a number.
import workerpool from 'workerpool'

const pool = workerpool.pool({ minWorkers: 2, maxWorkers: 2, workerType: 'thread' })
const increment = (x) => x + 1
const busy = (ms) => {
  const until = performance.now() + ms
  while (performance.now() < until);
  return ms
}
await Promise.all([pool.exec(increment, [1]), pool.exec(increment, [2])])

async function secondsOf(work) {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

const run = (x) => pool.exec(increment, [x])
const figures = {
  tasks: async () => {
    const items = Array.from({ length: 50_000 }, (_, i) => i)
    await Promise.all(items.slice(0, 5000).map(run))
    return items.length / (await secondsOf(() => Promise.all(items.map(run))))
  },
  apply: async () => {
    for (let i = 0; i < 2000; i += 1) await run(i)
    return (
      (1e6 / 10_000) *
      (await secondsOf(async () => {
        for (let i = 0; i < 10_000; i += 1) await run(i)
      }))
    )
  },
  skewed: async () => {
    const lengths = Array.from({ length: 70 }, (_, i) => 5e-6 * 10 ** ((i % 7) + 1))
    return 1000 * (await secondsOf(() => Promise.all(lengths.map((ms) => pool.exec(busy, [ms])))))
  },
  start: () => 0,
}
console.log(await figures[process.argv[2]]())
await pool.terminate()
