// Feeds mutated and random inputs to everything that reads what other programs, and the user, have written: control messages, records, frames,
// values, pools' messages, requests to windows, hostfiles, node lists, words of a command line. A crash, a wrong error, an input that takes too
// long and memory that grows end it with status 1; a hang does, too, because the inputs are read in a thread of their own.
// Usage: npm run fuzz [-- INPUTS [SEED]]
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'

const HANG_MS = 20_000
const MOST_GROWN_BYTES = 32 * 1024 * 1024

if (isMainThread) {
  const inputs = Number(process.argv[2] ?? 1_000_000)
  const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31)
  console.log(`${inputs} inputs, seed ${seed}`)
  const progress = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { inputs, seed, progress } })
  let seen = -1
  const watch = setInterval(() => {
    const index = Atomics.load(progress, 0)
    if (index !== seen) seen = index
    else {
      console.error(`seed ${seed}: input ${index} hangs`)
      process.exit(1)
    }
  }, HANG_MS)
  worker.on('message', ({ slowestMs, grownBytes }) => {
    clearInterval(watch)
    const grown = (grownBytes / 1e6).toFixed(1)
    console.log(`no crash, no hang; slowest input ${slowestMs.toFixed(0)} ms; memory grew by ${grown} MB`)
    if (grownBytes > MOST_GROWN_BYTES) process.exitCode = 1
  })
  worker.on('error', (error) => {
    console.error(error.message)
    process.exit(1)
  })
} else {
  const { fuzz } = await import('../build/test/support/fuzz.js')
  const { inputs, seed, progress } = workerData
  // Pairs with the load of the watch above.
  parentPort.postMessage(fuzz(seed, inputs, (index) => void Atomics.store(progress, 0, index)))
}
