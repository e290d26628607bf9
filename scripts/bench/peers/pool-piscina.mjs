// Usage: node pool-piscina.mjs PART. The pool bench for Piscina with two threads; prints a number.
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'

const filename = fileURLToPath(new URL('./pool-tasks.cjs', import.meta.url))
const pool = new Piscina({ filename, minThreads: 2, maxThreads: 2 })
await Promise.all([pool.run(1, { name: 'increment' }), pool.run(1, { name: 'increment' })])

async function secondsOf(work) {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

const run = (x) => pool.run(x, { name: 'increment' })
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
    return 1000 * (await secondsOf(() => Promise.all(lengths.map((ms) => pool.run(ms, { name: 'busy' })))))
  },
  // Each task with memory that the caller may change later, as the other pools of this bench do it.
  view: async () => {
    const view = new Float64Array(131_072).fill(1)
    const once = async () => {
      const copy = view.slice()
      await pool.run(copy, { name: 'copyBack', transferList: [copy.buffer] })
    }
    for (let i = 0; i < 20; i += 1) await once()
    return (
      (1e6 / 200) *
      (await secondsOf(async () => {
        for (let i = 0; i < 200; i += 1) await once()
      }))
    )
  },
  moved: async () => {
    let view = new Float64Array(131_072).fill(1)
    const once = async () => {
      view = await pool.run(view, { name: 'giveBack', transferList: [view.buffer] })
    }
    for (let i = 0; i < 20; i += 1) await once()
    return (
      (1e6 / 500) *
      (await secondsOf(async () => {
        for (let i = 0; i < 500; i += 1) await once()
      }))
    )
  },
  start: () => 0,
}
console.log(await figures[process.argv[2]]())
await pool.destroy()
