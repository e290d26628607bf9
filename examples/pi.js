// Estimates pi: throw darts at a square, count those that hit the circle in it.
//   mpirun-ts -np 4 examples/pi.js [trials…] [--seed N] [--json]
import { MPI } from 'mpirun-ts'
import { BLOCK_TRIALS, countHits } from 'mpirun-ts/pi'
import { printJson, printTable, progressLine, readArguments } from './pi-report.js'

const comm = MPI.COMM_WORLD
const { seed, list, json } = comm.bcast(comm.rank === 0 ? readArguments(process.argv.slice(2)) : undefined)
const progress = progressLine()

/** Hits of `trials` darts. Rank 0 hands out chunks to whoever is free, every rank counts, rank 0 sums. */
function estimate(trials) {
  const chunks = comm.rank === 0 ? [...chunksOf(trials)] : []
  const count = ({ firstBlock, trials }) => BigInt(countHits({ seed, firstBlock, trials }))
  const hits = comm.parallelReduce(count, MPI.SUM, chunks, { chunkSize: 1, onProgress: progress.show })
  return { trials, hits, pi: (4 * Number(hits)) / Number(trials) }
}

/** Block b of darts is a function of (seed, b) alone, so the hits are the same however the blocks are dealt out. */
function* chunksOf(trials) {
  const block = BigInt(BLOCK_TRIALS)
  const blocks = (trials + block - 1n) / block
  // About 50 ms of work in a chunk, fewer where there are few, and never more than a million chunks.
  const perChunk = [1n, blocks / BigInt(16 * comm.size), 128n].sort((a, b) => Number(a - b))[1]
  const step = perChunk > blocks / 1_000_000n ? perChunk : blocks / 1_000_000n
  for (let first = 0n; first < blocks; first += step) {
    const rest = trials - first * block
    const size = step * block
    yield { firstBlock: Number(first), trials: Number(rest < size ? rest : size) }
  }
}

comm.barrier()
const start = MPI.wtime()
const runs = list.map(estimate)
const seconds = MPI.wtime() - start
progress.clear()
if (comm.rank === 0) {
  const result = { seed, ranks: comm.size, nodes: MPI.nodeCount, seconds, runs }
  if (json) printJson(result)
  else printTable(result)
}
