/** Name under which the thread program's own lines appear in stacks. */
const POOL_THREAD_FILENAME = 'mpirun-ts:pool-thread'

/**
 * What a pool's thread runs first. `import()` and `eval` are handed in: code of a vm.Script cannot import. `config`, `importUrl` and
 * `evaluate` are the free variables of entry/pool-thread.ts.
 */
export const POOL_THREAD_BOOT: string = `
const { workerData: { code, config } } = require('node:worker_threads')
const { Script } = require('node:vm')
const text = '(function (require, config, importUrl, evaluate) {' + code + '\\n})'
const script = new Script(text, { filename: '${POOL_THREAD_FILENAME}' })
script.runInThisContext()(require, config, (url) => import(url), (text) => (0, eval)(text))
`
