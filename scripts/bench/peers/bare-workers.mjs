// What Node alone needs to start threads: four empty worker threads that end at once.
// Usage: node bare-workers.mjs [THREADS]
import { once } from 'node:events'
import { hostname } from 'node:os'
import { Worker } from 'node:worker_threads'

const threads = Number(process.argv[2] ?? 4)
const workers = Array.from({ length: threads }, () => new Worker('', { eval: true }))
await Promise.all(workers.map((worker) => once(worker, 'exit')))
console.log(`${threads} threads on ${hostname()}`)
