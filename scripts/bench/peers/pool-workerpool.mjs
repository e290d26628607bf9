// Usage: node pool-workerpool.mjs PART. The pool bench for workerpool with two threads; prints a number.
import workerpool from 'workerpool'
import { poolFigures } from './pool-figures.mjs'

const pool = workerpool.pool({ minWorkers: 2, maxWorkers: 2, workerType: 'thread' })
const increment = (x) => x + 1
const busy = (ms) => {
  const until = performance.now() + ms
  while (performance.now() < until);
  return ms
}
await Promise.all([pool.exec(increment, [1]), pool.exec(increment, [2])])

const figures = poolFigures(
  (x) => pool.exec(increment, [x]),
  (ms) => pool.exec(busy, [ms]),
)
console.log(await figures[process.argv[2]]())
await pool.terminate()
