// Usage: node pool-piscina.mjs PART. The pool bench for Piscina with two threads; prints a number.
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { microsecondsOf, poolFigures } from './pool-figures.mjs'

const filename = fileURLToPath(new URL('./pool-tasks.cjs', import.meta.url))
const pool = new Piscina({ filename, minThreads: 2, maxThreads: 2 })
await Promise.all([pool.run(1, { name: 'increment' }), pool.run(1, { name: 'increment' })])

const figures = {
  ...poolFigures(
    (x) => pool.run(x, { name: 'increment' }),
    (ms) => pool.run(ms, { name: 'busy' }),
  ),
  // Each task with memory that the caller may change later, as the other pools of this bench do it.
  view: async () => {
    const view = new Float64Array(131_072).fill(1)
    const once = async () => {
      const copy = view.slice()
      await pool.run(copy, { name: 'copyBack', transferList: [copy.buffer] })
    }
    for (let i = 0; i < 20; i += 1) await once()
    return microsecondsOf(200, once)
  },
  moved: async () => {
    let view = new Float64Array(131_072).fill(1)
    const once = async () => {
      view = await pool.run(view, { name: 'giveBack', transferList: [view.buffer] })
    }
    for (let i = 0; i < 20; i += 1) await once()
    return microsecondsOf(500, once)
  },
}
console.log(await figures[process.argv[2]]())
await pool.destroy()
