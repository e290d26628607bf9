/** Name under which the thread program's own lines appear in stacks. */
const POOL_THREAD_FILENAME = 'mpirun-ts:pool-thread'

/**
 * What a pool's thread runs first. `import()` is handed in: code of a vm.Script cannot import. `config`, `importUrl` and `compile` (undefined: the
 * cache was taken) are the free variables of entry/pool-thread.ts. What Node gives text that it evaluates, and no module of the program sees, goes.
 * In a block, because a script's own variables are global: tasks would find them where they mean globals of the program's.
 */
export const POOL_THREAD_BOOT: string = `{
const { workerData: { program: { code, cache }, config } } = require('node:worker_threads')
const { Script } = require('node:vm')
const cachedData = cache && new Uint8Array(cache)
const script = new Script(code, { filename: '${POOL_THREAD_FILENAME}', cachedData })
const isKept = cachedData !== undefined && !script.cachedDataRejected
const load = require
for (const name of ['require', 'module', 'exports', '__filename', '__dirname']) delete globalThis[name]
script.runInThisContext()(load, config, (url) => import(url), isKept ? undefined : () => script.createCachedData())
}
`
