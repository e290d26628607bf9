import type { MessagePort } from 'node:worker_threads'
import type { RankConfig, RankProgram } from '../wire/rank-messages.ts'

/** `workerData` of a rank thread. */
export interface RankBoot {
  readonly program: RankProgram
  readonly config: RankConfig
  /** For notices of shared memory. */
  readonly bufferPort: MessagePort
  /** Where to write the compiled form when the rank ends; only the build asks for it. */
  readonly cacheFile?: string
}

/** Name under which the rank program's own lines appear in stacks. */
const RANK_FILENAME = 'mpirun-ts:rank'

/**
 * What a rank thread runs first. `import()` is handed in, because a vm.Script cannot import without a warning. `config`,
 * `bufferPort` and `importUrl` are the free variables of entry/rank.ts.
 */
export const RANK_BOOT: string = `
const { workerData: { program, config, bufferPort, cacheFile } } = require('node:worker_threads')
const { Script } = require('node:vm')
const text = '(function (require, config, bufferPort, importUrl) {' + program.code + '\\n})'
const script = new Script(text, { filename: '${RANK_FILENAME}', cachedData: program.cache })
if (cacheFile) process.on('exit', () => require('node:fs').writeFileSync(cacheFile, script.createCachedData()))
script.runInThisContext()(require, config, bufferPort, (url) => import(url))
`
