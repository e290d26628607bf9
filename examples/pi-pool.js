// Estimates pi with a pool instead of messages: the same hits as pi.js.
//   node examples/pi-pool.js [trials…] [--seed N] [--json]          on the cores of this machine
//   mpirun-ts --pool --hostfile F examples/pi-pool.js …             on the nodes of a job
import { Pool, task } from 'mpirun-ts'
import { BLOCK_TRIALS, countHits } from 'mpirun-ts/pi'
import { estimateText, printJson, printTable, readArguments } from './pi-report.js'

/** Threads load this file and find the function here, so it may use what the file imports. */
const { count } = task(import.meta, { count: (range) => ({ hits: countHits(range), trials: range.trials }) })

/** Block b of darts is a function of (seed, b) alone, so the hits are the same however the blocks are dealt out. */
function chunksOf(trials, seed, threads) {
  const block = BigInt(BLOCK_TRIALS)
  const blocks = (trials + block - 1n) / block
  const step = blocks / BigInt(16 * threads) + 1n
  const chunks = []
  for (let first = 0n; first < blocks; first += step) {
    const rest = trials - first * block
    const size = step * block
    chunks.push({ seed, firstBlock: Number(first), trials: Number(rest < size ? rest : size) })
  }
  return chunks
}

if (Pool.isMain) {
  const { seed, list, json } = readArguments(process.argv.slice(2))
  const pool = new Pool()
  // Threads take a moment to start; the clock is for the darts.
  pool.map(count, chunksOf(BigInt(pool.size), seed, pool.size), { chunkSize: 1 })
  const start = performance.now()
  const runs = list.map((trials) => {
    let hits = 0n
    let thrown = 0n
    // On a terminal one line with the rate, the time left, the nodes and the estimate so far.
    const progress = () => estimateText(hits, thrown)
    for (const chunk of pool.imapUnordered(count, chunksOf(trials, seed, pool.size), { progress })) {
      hits += BigInt(chunk.hits)
      thrown += BigInt(chunk.trials)
    }
    return { trials, hits, pi: (4 * Number(hits)) / Number(trials) }
  })
  const seconds = (performance.now() - start) / 1000
  const result = { seed, ranks: pool.size, nodes: pool.nodes, seconds, runs }
  pool.terminate()
  if (json) printJson(result)
  else printTable(result)
}
