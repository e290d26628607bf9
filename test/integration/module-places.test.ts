import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { type JobRun, runJob } from '../support/run-job.ts'
import { runShell, withFolder } from './program-folder.ts'

/** Modules in folders of their own that say where they are, in each kind. */
const LIBRARY = {
  'lib/a.ts': `enum E { A = 'é' }
export const places = { url: import.meta.url as string, dirname: import.meta.dirname, filename: import.meta.filename, e: E.A }
export const beside: string = import.meta.resolve('./b.txt')
`,
  'lib/b.txt': 'text of lib\n',
  'b.txt': 'text of another folder\n',
  'lib/deep/m.mts': 'export const url: string = import.meta.url\n',
  'lib/deep/j.js': 'export const url = import.meta.url, up = new URL("../b.txt", url).href\n',
  'lib/c.cjs': `'use strict'
const inner = require('./deep/inner.cjs')
module.exports = {
  places: [__dirname, __filename, require.resolve('./b.txt')],
  isMain: require.main === module,
  isStrict: (function () { return this === undefined })(),
  inner,
}
`,
  'lib/deep/inner.cjs': 'module.exports = [__dirname, __filename, require("node:path").basename(__filename)]\n',
  'lib/t.cts': 'const here: string = __dirname\nexport = [here, __filename]\n',
  'lib/data.json': '{"n":1}',
  'lib/later.ts': 'export const url: string = import.meta.url\n',
  'lib/made.cjs': 'module.exports = __filename\n',
}

/** An ES module that imports all of them. */
const MAIN = `#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { places, beside } from './lib/a.ts'
import { url as mts } from './lib/deep/m.mts'
import { url as js, up } from './lib/deep/j.js'
import common from './lib/c.cjs'
import commonTs from './lib/t.cts'
import data from './lib/data.json'
const later: { url: string } = await import('./lib/later.ts')
const require = createRequire(import.meta.url)
console.log(JSON.stringify({
  main: [import.meta.url, import.meta.dirname, import.meta.filename, import.meta.resolve('./x'), import.meta.resolve('fs')],
  places, beside, mts, js, up, common, commonTs, data, later: later.url,
  made: require('./lib/made.cjs'),
  text: readFileSync(new URL('./b.txt', places.url), 'utf8'),
}))
`

/** What plain Node would print of it, if it could run TypeScript. */
function expected(folder: string) {
  const url = `file://${folder}`
  const inner = [`${folder}/lib/deep`, `${folder}/lib/deep/inner.cjs`, 'inner.cjs']
  return {
    main: [`${url}/main.ts`, folder, `${folder}/main.ts`, `${url}/x`, 'node:fs'],
    places: { url: `${url}/lib/a.ts`, dirname: `${folder}/lib`, filename: `${folder}/lib/a.ts`, e: 'é' },
    beside: `${url}/lib/b.txt`,
    mts: `${url}/lib/deep/m.mts`,
    js: `${url}/lib/deep/j.js`,
    up: `${url}/lib/b.txt`,
    common: {
      places: [`${folder}/lib`, `${folder}/lib/c.cjs`, `${folder}/lib/b.txt`],
      isMain: false,
      isStrict: true,
      inner,
    },
    commonTs: [`${folder}/lib`, `${folder}/lib/t.cts`],
    data: { n: 1 },
    later: `${url}/lib/later.ts`,
    made: `${folder}/lib/made.cjs`,
    text: 'text of lib\n',
  }
}

/** Packages of both kinds, with a file beside them. */
const PACKAGES = {
  'node_modules/common/package.json': '{"name":"common","main":"main.js"}',
  'node_modules/common/main.js': `const { join } = require('path'), { readFileSync } = require('fs')
exports.all = [__dirname, __filename, require.resolve('./a.txt'), require.main === module, readFileSync(join(__dirname, 'a.txt'), 'utf8')]
`,
  'node_modules/common/a.txt': 'asset\n',
  'node_modules/modern/package.json': '{"name":"modern","type":"module","exports":"./main.js"}',
  'node_modules/modern/main.js': `import { readFileSync } from 'node:fs'
export const all = [import.meta.url, import.meta.resolve('common'), readFileSync(new URL('./a.txt', import.meta.url), 'utf8')]
`,
  'node_modules/modern/a.txt': 'another asset\n',
}

const PRELOADED = {
  'p.mjs': `import common from 'common'
import { all } from 'modern'
console.log(JSON.stringify([common.all, all, import.meta.url, import.meta.dirname]))
`,
  'p.cjs': `#!/usr/bin/env node
'use strict'
const common = require('common')
console.log(JSON.stringify([common.all, __dirname, __filename, require.main === module, require.resolve('modern')]))
if (require.main === module) console.log('main')
`,
}

describe('modules of a program', () => {
  for (const where of ['as a TypeScript program', 'with --preload']) {
    it(`each have their own place, in all kinds, ${where}`, async () => {
      const files = { ...LIBRARY, 'main.ts': MAIN, 'package.json': '{"type":"module"}' }
      await withFolder(files, async (folder) => {
        const options = where === 'with --preload' ? ['--preload'] : []
        const run = await runJob([...options, '-np', '1', 'main.ts'], { cwd: folder })
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        expect(JSON.parse(run.stdout)).to.deep.equal(expected(folder))
      })
    })
  }

  it('have it in a CommonJS program of TypeScript', async () => {
    const text = `import { places } from './lib/a.ts'
import * as t from './lib/t.cts'
const { url: mts } = require('./lib/deep/m.mts')
console.log(JSON.stringify([places.url, t, mts, __dirname, __filename, require.main === module]))
`
    await withFolder({ ...LIBRARY, 'main.cts': text }, async (folder) => {
      const run = await runJob(['-np', '1', 'main.cts'], { cwd: folder })
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      const [url, , ...others] = JSON.parse(run.stdout) as unknown[]
      expect(url).to.equal(`file://${folder}/lib/a.ts`)
      expect(others).to.deep.equal([`file://${folder}/lib/deep/m.mts`, folder, `${folder}/main.cts`, true])
    })
  })

  for (const [name, text] of Object.entries(PRELOADED)) {
    it(`and of its packages have it with --preload as with plain node: ${name}`, async () => {
      await withFolder({ ...PACKAGES, [name]: text }, async (folder) => {
        mkdirSync(join(folder, 'elsewhere'))
        const plain = await runShell(`${process.execPath} ${name}`, folder)
        const run = await runJob(['--preload', '--wdir', join(folder, 'elsewhere'), '-np', '1', join(folder, name)])
        expect(run, run.stderr).to.include({ status: 0, stdout: plain.stdout, stderr: '' })
      })
    })
  }

  it('read a file that is not there at its own place', async () => {
    const text = "import fs from 'node:fs'\nfs.readFileSync(new URL('./none.txt', import.meta.url))\n"
    await withFolder({ 'main.mts': "import './lib/reads.mts'\n", 'lib/reads.mts': text }, async (folder) => {
      const run = await runJob(['-np', '1', 'main.mts'], { cwd: folder })
      expect(run.status).to.equal(1)
      expect(run.stderr).to.include(`ENOENT: no such file or directory, open '${folder}/lib/none.txt'`)
    })
  })

  it('keep the lines and columns of their errors', async () => {
    const files = {
      'main.mts': "import './lib/a.mts'\n",
      'lib/a.mts': "'use strict'\nconst where: string = import.meta.url\n  if (where) throw new Error('here')\n",
    }
    await withFolder(files, async (folder) => {
      const run = await runJob(['-np', '1', 'main.mts'], { cwd: folder })
      expect(run.status).to.equal(1)
      expect(run.stderr).to.include(`${folder}/lib/a.mts:3:20`)
    })
  })

  it('start workers from TypeScript files beside them', async () => {
    const files = {
      'main.mts': "import './lib/starts.mts'\n",
      'lib/starts.mts': `import { Worker } from 'node:worker_threads'
const worker = new Worker(new URL('./w.mts', import.meta.url), { workerData: { n: 20 } })
worker.on('message', (answer: unknown) => console.log(JSON.stringify(answer)))
`,
      'lib/w.mts': `import { parentPort, workerData } from 'node:worker_threads'
import { twice } from './deep/twice.ts'
import { word } from 'words'
const { n }: { n: number } = workerData
parentPort?.postMessage([twice(n) + 2, import.meta.url, word])
`,
      'lib/deep/twice.ts': 'export const twice = (n: number): number => 2 * n\n',
      'lib/node_modules/words/package.json': '{"name":"words","type":"module","exports":"./w.js"}',
      'lib/node_modules/words/w.js': "export const word = 'found'\n",
    }
    await withFolder(files, async (folder) => {
      for (const options of [[], ['--preload']]) {
        const run = await runJob([...options, '--wdir', '/', '-np', '1', join(folder, 'main.mts')])
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        expect(JSON.parse(run.stdout)).to.deep.equal([42, `file://${folder}/lib/w.mts`, 'found'])
      }
    })
  })

  it('start themselves as workers', async () => {
    const text = `import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { setFlagsFromString } from 'node:v8'
const isWorker: boolean = process.argv.includes('worker')
if (isWorker) parentPort?.postMessage(import.meta.url)
else {
  const worker = new Worker(new URL('./main.mts', import.meta.url), { argv: ['worker'] })
  worker.on('message', (answer: unknown) => console.log(answer, isMainThread, typeof setFlagsFromString))
}
`
    await withFolder({ 'main.mts': text }, async (folder) => {
      const run = await runJob(['-np', '1', 'main.mts'], { cwd: folder })
      expect(run, run.stderr).to.include({
        status: 0,
        stdout: `file://${folder}/main.mts false function\n`,
        stderr: '',
      })
    })
  })

  it('register their tasks under their own names, and threads of a pool find them', async () => {
    const files = {
      'main.mts': `import { Pool } from 'mpirun-ts'
import { addit, where } from './lib/tasks.mts'
if (Pool.isMain) {
  const pool = new Pool(2)
  console.log(JSON.stringify([pool.map(addit, [1, 2, 3]), pool.apply(where, [])]))
  pool.terminate()
}
`,
      'lib/tasks.mts': `import { task } from 'mpirun-ts'
const offset: number = 10
export const { addit, where } = task(import.meta, {
  addit: (x: number): number => x + offset,
  where: (): string => import.meta.url,
})
`,
    }
    await withFolder(files, async (folder) => {
      const start = (...options: readonly string[]): Promise<JobRun> =>
        runJob([...options, 'main.mts'], { cwd: folder })
      for (const run of [await start('-np', '1'), await start('--pool', '-np', '3')]) {
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        expect(JSON.parse(run.stdout)).to.deep.equal([[11, 12, 13], `file://${folder}/lib/tasks.mts`])
      }
    })
  })
})
