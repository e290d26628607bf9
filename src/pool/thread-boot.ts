/** Name under which the thread program's own lines appear in stacks. */
const POOL_THREAD_FILENAME = 'mpirun-ts:pool-thread'

/**
 * What a pool's thread runs first. `import()` is handed in: code of a vm.Script cannot import. `config` and
 * `importUrl` are the free variables of entry/pool-thread.ts. What Node gives text that it evaluates, and no module of the program sees, goes.
 */
export const POOL_THREAD_BOOT: string = `
const { workerData: { code, config } } = require('node:worker_threads')
const { Script } = require('node:vm')
const text = '(function (require, config, importUrl) {' + code + '\\n})'
const script = new Script(text, { filename: '${POOL_THREAD_FILENAME}' })
const load = require
for (const name of ['require', 'module', 'exports', '__filename', '__dirname']) delete globalThis[name]
script.runInThisContext()(load, config, (url) => import(url))
`
