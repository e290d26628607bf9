// Simulates jobs of many nodes in this process: npm run simulate -- [--nodes 10,100,1000,10000] [--fanout 32]. docs/scaling.md explains.
// Needs what scripts/build.mjs has compiled.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

// The heap is measured behind a collection.
if (globalThis.gc === undefined) {
  const words = ['--expose-gc', '--max-old-space-size=6144', fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  process.exit(spawnSync(process.execPath, words, { stdio: 'inherit' }).status ?? 1)
}

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '10,32,64,100,316,1000,3162,10000' },
    fanout: { type: 'string', default: '32' },
  },
})
const { simulate } = await import('../build/scripts/simulate/simulation.js')
const fanout = Number(values.fanout)
const wide = [9, 11, 9, 14, 13, 13, 13, 11]
const line = (...words) => console.log(words.map((word, i) => String(word).padStart(wide[i])).join(''))
line('nodes', 'start, s', 'job, s', 'own starts', 'frames', 'kB', 'heap, MB', 'real, s')
for (const nodes of values.nodes.split(',').map(Number)) {
  const began = performance.now()
  const run = await simulate({ nodes, fanout })
  const seconds = (ms) => (ms / 1000).toFixed(2)
  if (run.toldOfDeadlock === 0) throw new Error(JSON.stringify(run.result).slice(0, 500))
  const heap = (run.heapBytes / 1e6).toFixed(1)
  line(
    nodes,
    seconds(run.startMs),
    seconds(run.endMs),
    run.started,
    run.frames,
    Math.round(run.bytes / 1000),
    heap,
    seconds(performance.now() - began),
  )
}
process.exit(0)
