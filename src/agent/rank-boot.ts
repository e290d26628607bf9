import type { MessagePort } from 'node:worker_threads'
import type { RankConfig, RankProgram } from '../wire/rank-messages.ts'

/** `workerData` of a rank thread. */
export interface RankBoot {
  /** Made by `rankFunction`. */
  readonly program: RankProgram
  readonly config: RankConfig
  /** For notices of shared memory. */
  readonly bufferPort: MessagePort
  /** $NODE_OPTIONS of the rank, for what it starts. Not in the environment that Node is given for the thread: it would refuse what is for processes. */
  readonly nodeOptions: string | undefined
  /** Where to write the compiled form when the rank ends; only the build asks for it. */
  readonly cacheFile?: string
}

/** Name under which the rank program's own lines appear in stacks. */
const RANK_FILENAME = 'mpirun-ts:rank'

/**
 * What a rank thread runs first. `import()` is handed in, because a vm.Script cannot import without a warning. The program's text is
 * that of a function, see `rankFunction`: to put it together here would copy it in each rank.
 */
export const RANK_BOOT: string = `
const { workerData: { program: { code, cache, pool }, config, bufferPort, nodeOptions, cacheFile } } = require('node:worker_threads')
if (nodeOptions !== undefined) process.env.NODE_OPTIONS = nodeOptions
const { Script } = require('node:vm')
const cachedData = cache && new Uint8Array(cache)
const script = new Script(code, { filename: '${RANK_FILENAME}', cachedData })
if (cacheFile) process.on('exit', () => require('node:fs').writeFileSync(cacheFile, script.createCachedData()))
const main = script.runInThisContext()
// Not within this script: of an error that leaves it Node shows the source line, and breaks off the process if the thread is being ended just then.
setImmediate(() => main(require, config, bufferPort, pool, (url) => import(url)))
`

/** The rank program as RANK_BOOT wants it: a function of what entry/rank.ts declares as handed in. */
export function rankFunction(program: RankProgram): RankProgram {
  return { ...program, code: `(function (require, config, bufferPort, poolText, importUrl) {${program.code}\n})` }
}
