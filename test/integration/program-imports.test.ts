import { readFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir, runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const ES_MODULE = `import { MPI } from 'mpirun-ts'
import { countHits } from 'mpirun-ts/pi'
export const size = MPI.COMM_WORLD.size
console.log('module', size, typeof countHits)
`
const COMMONJS = `const { MPI } = require('mpirun-ts')
const { countHits } = require('mpirun-ts/pi')
exports.size = MPI.COMM_WORLD.size
console.log('commonjs', exports.size, typeof countHits)
`

describe('import and require of mpirun-ts', () => {
  it('lead to the running library in a folder with the package in node_modules', async () => {
    await withFolder({ 'app/p.mjs': ES_MODULE, 'app/p.cjs': COMMONJS }, async (folder) => {
      mkdirSync(join(folder, 'app/node_modules'))
      symlinkSync(projectDir, join(folder, 'app/node_modules/mpirun-ts'))
      for (const [name, kind] of [
        ['p.mjs', 'module'],
        ['p.cjs', 'commonjs'],
      ] as const) {
        const run = await runJob(['-np', '2', `app/${name}`], { cwd: folder })
        const line = `${kind} 2 function\n`
        expect(run, run.stderr).to.include({ status: 0, stderr: '', stdout: line + line })
      }
    })
  })

  it('work in modules of other folders, in both kinds and with import()', async () => {
    const files = {
      'other/m.mjs': ES_MODULE,
      'other/c.cjs': COMMONJS,
      'app/static.mjs':
        "import { size } from '../other/m.mjs'\nimport c from '../other/c.cjs'\nconsole.log(size, c.size)\n",
      'app/dynamic.cjs':
        "import('../other/m.mjs').then(async ({ size }) => console.log(size, require('../other/c.cjs').size, (await import('mpirun-ts')).MPI === require('mpirun-ts').MPI))\n",
    }
    await withFolder(files, async (folder) => {
      const one = await runJob(['-np', '1', 'app/static.mjs'], { cwd: folder })
      expect(one, one.stderr).to.include({ status: 0, stdout: 'module 1 function\ncommonjs 1 function\n1 1\n' })
      const two = await runJob(['-np', '1', 'app/dynamic.cjs'], { cwd: folder })
      expect(two, two.stderr).to.include({ status: 0, stdout: 'module 1 function\ncommonjs 1 function\n1 1 true\n' })
    })
  })

  it('CommonJS elsewhere is served also when the program finds the package itself', async () => {
    const files = { 'app/p.mjs': "import '../other/c.cjs'\nimport 'mpirun-ts'\n", 'other/c.cjs': COMMONJS }
    await withFolder(files, async (folder) => {
      mkdirSync(join(folder, 'app/node_modules'))
      symlinkSync(projectDir, join(folder, 'app/node_modules/mpirun-ts'))
      const run = await runJob(['-np', '1', 'app/p.mjs'], { cwd: folder })
      expect(run, run.stderr).to.include({ status: 0, stdout: 'commonjs 1 function\n' })
    })
  })

  it('a copy of another version in node_modules says which versions differ; require has the running one', async () => {
    const oldPackage = { name: 'mpirun-ts', type: 'module', exports: { '.': { import: './dist/index.js' } } }
    const files = {
      'p.mjs': "import { MPI } from 'mpirun-ts'\nconsole.log(MPI.COMM_WORLD.size)\n",
      'p.cjs': COMMONJS,
      'node_modules/mpirun-ts/package.json': JSON.stringify(oldPackage),
    }
    await withFolder(files, async (folder) => {
      mkdirSync(join(folder, 'node_modules/mpirun-ts/dist'))
      const { version } = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')) as { version: string }
      const text = readFileSync(join(projectDir, 'dist/index.js'), 'utf8')
      const old = text.replaceAll(JSON.stringify(version), '"0.0.1"')
      expect(old).not.to.equal(text)
      writeFileSync(join(folder, 'node_modules/mpirun-ts/dist/index.js'), old)
      const run = await runJob(['-np', '1', 'p.mjs'], { cwd: folder })
      expect(run).to.include({ status: 1, stdout: '' })
      expect(run.stderr).to.contain(`started by mpirun-ts ${version}`).and.contain('mpirun-ts 0.0.1')
      const required = await runJob(['-np', '1', 'p.cjs'], { cwd: folder })
      expect(required, required.stderr).to.include({ status: 0, stdout: 'commonjs 1 function\n' })
    })
  })

  it('TypeScript programs import .ts, .mts and .cts by path, and JSON', async () => {
    const files = {
      'p.ts': `import { a } from './lib/a.ts'
import { b } from './lib/b.mts'
import data from './data.json' with { type: 'json' }
const later = await import('./lib/a.ts')
console.log(a, b, data.c, later.a)
`,
      'lib/a.ts': "import { MPI } from 'mpirun-ts'\nexport const a: number = MPI.COMM_WORLD.size\n",
      'lib/b.mts': 'export const b: string = "b"\n',
      'data.json': '{ "c": 3 }',
      'q.cts': "const c: { value: number } = require('./lib/c.cts')\nconsole.log(c.value)\n",
      'lib/c.cts': "exports.value = require('mpirun-ts').MPI.COMM_WORLD.size as number\n",
    }
    await withFolder(files, async (folder) => {
      const module = await runJob(['-np', '1', `${folder}/p.ts`])
      expect(module, module.stderr).to.include({ status: 0, stdout: '1 b 3 1\n' })
      const commonJs = await runJob(['-np', '1', `${folder}/q.cts`])
      expect(commonJs, commonJs.stderr).to.include({ status: 0, stdout: '1\n' })
    })
  })
})
