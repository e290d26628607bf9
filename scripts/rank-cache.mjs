// Writes V8's compiled form of the rank program: runs examples/hello.js as a job of one rank and keeps what V8 compiled for it.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { MessageChannel, Worker } from 'node:worker_threads'

/** `root`: the project's folder, with a slash. Needs build/ and dist/rank.cjs. */
export async function writeRankCache(root) {
  const { RANK_BOOT, rankFunction } = await import(`${root}build/src/agent/rank-boot.js`)
  const { allocateNodeMemory } = await import(`${root}build/src/shm/layout.js`)
  const config = {
    node: allocateNodeMemory(1),
    rank: 0,
    size: 1,
    localRank: 0,
    nodeId: 0,
    nodeCount: 1,
    endpointOfRank: new Int32Array(1),
    hostname: 'build',
    epochMs: Date.now(),
    syncSend: false,
    maySpin: false,
    program: { path: `${root}examples/hello.js`, args: [] },
    terminal: { stdoutIsTty: false, stderrIsTty: false, columns: 80 },
  }
  const program = rankFunction({ code: readFileSync(`${root}dist/rank.cjs`, 'utf8'), pool: new SharedArrayBuffer(0) })
  const { port1, port2: bufferPort } = new MessageChannel()
  const worker = new Worker(RANK_BOOT, {
    eval: true,
    workerData: { program, config, bufferPort, nodeOptions: undefined, cacheFile: `${root}dist/rank.cache` },
    transferList: [bufferPort],
    stdout: true,
    stderr: true,
  })
  const [status] = await once(worker, 'exit')
  port1.close()
  if (status !== 0) throw new Error(`the rank program ended with status ${status}`)
}
