import type { MessagePort } from 'node:worker_threads'
import type { RankConfig, RankProgram } from '../../wire/rank-messages.ts'

/** `workerData` of a rank thread. */
export interface RankBoot {
  /** Made by `rankFunction`. */
  readonly program: Omit<RankProgram, 'keep'>
  readonly config: RankConfig
  /** For notices of shared memory. */
  readonly bufferPort: MessagePort
  /** $NODE_OPTIONS of the rank, for what it starts. Not in the environment that Node is given for the thread: it would refuse what is for processes. */
  readonly nodeOptions: string | undefined
  /** The compiled form is wanted when the rank ends: there is none, or V8 does not take it. */
  readonly tellsCompiled: boolean
}

/** Name under which the rank program's own lines appear in stacks. */
const RANK_FILENAME = 'mpirun-ts:rank'

/**
 * What a rank thread runs first. `import()` is handed in, because a vm.Script cannot import without a warning. The program's text is
 * that of a function, see `rankFunction`: to put it together here would copy it in each rank. In a block, because a script's own variables are
 * global: the program would find them where it means globals of its own. What Node gives text that it evaluates, and no ES module sees, goes.
 */
export const RANK_BOOT: string = `{
const { parentPort, workerData: { program: { code, cache, pool }, config, bufferPort, nodeOptions, tellsCompiled } } = require('node:worker_threads')
if (nodeOptions !== undefined) process.env.NODE_OPTIONS = nodeOptions
const { Script } = require('node:vm')
const cachedData = cache && new Uint8Array(cache)
const script = new Script(code, { filename: '${RANK_FILENAME}', cachedData })
if (tellsCompiled && (!cachedData || script.cachedDataRejected)) process.on('exit', (status) => {
  // V8 forgets functions that are not called for long, so only a short run knows what a start needs.
  if (status === 0 && Date.now() - config.epochMs < 10_000) parentPort.postMessage({ type: 'compiled', bytes: script.createCachedData() })
})
const main = script.runInThisContext()
const load = require
for (const name of ['require', 'module', 'exports', '__filename', '__dirname']) delete globalThis[name]
// Not within this script: of an error that leaves it Node shows the source line, and breaks off the process if the thread is being ended just then.
setImmediate(() => main(load, config, bufferPort, pool, (url) => import(url)))
}
`

/** The rank program as RANK_BOOT wants it: a function of what entry/rank.ts declares as handed in. */
export function rankFunction(program: RankProgram): RankProgram {
  return { ...program, code: `(function (require, config, bufferPort, pool, importUrl) {${program.code}\n})` }
}
