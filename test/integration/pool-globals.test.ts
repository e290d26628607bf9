import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { withPool } from '../support/with-pool.ts'
import { runJob } from '../support/run-job.ts'

/** What the texts that ranks and threads run first call their own variables, and what Node gives text that it evaluates. */
const NAMES =
  'config code cache pool program script main load name isKept cachedData Script bufferPort nodeOptions tellsCompiled parentPort workerData require module exports __filename __dirname'

/** Of those, the ones that a program sees as globals. */
function seen(names: string): string[] {
  return names
    .split(' ')
    .filter((name) => process.getBuiltinModule('node:vm').runInThisContext(`typeof ${name}`) !== 'undefined')
}

describe('globals of ranks and of threads', () => {
  it('a thread has none of its own beside those of Node', async () => {
    await withPool(1, {}, (pool) => {
      expect(pool.apply(seen, [NAMES])).to.deep.equal([])
    })
  })

  it('a task sees what the initializer has made global, whatever its name', async () => {
    const setGlobals = (names: string): void => {
      for (const name of names.split(' ')) Reflect.set(globalThis, name, `mine: ${name}`)
    }
    const readGlobals = (names: string): unknown[] =>
      names.split(' ').map((name): unknown => process.getBuiltinModule('node:vm').runInThisContext(name))
    await withPool(1, { initializer: setGlobals, initArgs: [NAMES] }, (pool) => {
      expect(pool.apply(readGlobals, [NAMES])).to.deep.equal(NAMES.split(' ').map((name) => `mine: ${name}`))
    })
  })

  it('a rank has none either, and names of properties are no variables there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
    try {
      writeFileSync(
        join(folder, 'main.mjs'),
        `import { Pool } from 'mpirun-ts'
const names = '${NAMES}'
console.log(JSON.stringify(names.split(' ').filter((name) => (0, eval)('typeof ' + name) !== 'undefined')))
const pool = new Pool()
console.log(JSON.stringify(pool.apply(() => ({ code: 1, config: 2, main: 3 }))))
pool.terminate()
`,
      )
      const { stdout, stderr, status } = await runJob(['--pool', '-np', '2', join(folder, 'main.mjs')])
      expect({ stdout, stderr, status }).to.deep.equal({
        stdout: '[]\n{"code":1,"config":2,"main":3}\n',
        stderr: '',
        status: 0,
      })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
