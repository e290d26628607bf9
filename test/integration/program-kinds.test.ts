import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const ES_MODULE = `import { MPI } from 'mpirun-ts'
import { countHits } from 'mpirun-ts/pi'
const { rank } = MPI.COMM_WORLD
if (rank === 1) console.log(JSON.stringify([import.meta.url, process.argv[1], countHits({ seed: 42, trials: 1000 })]))
`
const COMMONJS = `const { MPI } = require('mpirun-ts')
const { countHits } = require('mpirun-ts/pi')
const { rank } = MPI.COMM_WORLD
const isMain = require.main === module && process.mainModule === module && module.id === '.'
if (rank === 1) console.log(JSON.stringify([isMain, __filename, __dirname, process.argv[1], countHits({ seed: 42, trials: 1000 })]))
`
const TYPED =
  'interface Point { readonly x: number }\nconst point: Point = { x: 1 }\nif (point.x !== 1) throw new Error()\n'
const HITS = 781

/** A program, how Node takes it, and the `type` of the package.json beside it. */
const KINDS: readonly [name: string, is: 'module' | 'commonjs', packageType?: string][] = [
  ['p.mjs', 'module'],
  ['p.cjs', 'commonjs'],
  ['p.mjs', 'module', 'commonjs'],
  ['p.cjs', 'commonjs', 'module'],
  ['p.js', 'module', 'module'],
  ['p.js', 'commonjs', 'commonjs'],
  ['p.js', 'module'],
  ['p.js', 'commonjs'],
  ['p.mts', 'module'],
  ['p.cts', 'commonjs'],
  ['p.ts', 'module', 'module'],
  ['p.ts', 'commonjs', 'commonjs'],
  ['p.ts', 'module'],
  ['p.ts', 'commonjs'],
]

describe('kinds of programs', () => {
  for (const [name, is, type] of KINDS) {
    const where = type === undefined ? 'by its extension or syntax' : `in a package of type ${type}`
    it(`${name} runs as ${is} ${where}`, async () => {
      const text = (name.endsWith('ts') ? TYPED : '') + (is === 'module' ? ES_MODULE : COMMONJS)
      const files = { [name]: text, ...(type === undefined ? {} : { 'package.json': JSON.stringify({ type }) }) }
      await withFolder(files, async (folder) => {
        const run = await runJob(['-np', '2', name], { cwd: folder })
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        const path = join(folder, name)
        const seen = is === 'module' ? [pathToFileURL(path).href, path, HITS] : [true, path, folder, path, HITS]
        expect(JSON.parse(run.stdout)).to.deep.equal(seen)
      })
    })
  }

  it('a program without an extension runs as CommonJS', async () => {
    await withFolder({ program: COMMONJS }, async (folder) => {
      const run = await runJob(['-np', '2', './program'], { cwd: folder })
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(run.stdout).to.contain(join(folder, 'program'))
    })
  })

  it('top-level await works, and code after it runs', async () => {
    const text = "const x = await new Promise((resolve) => setTimeout(resolve, 10, 'later'))\nconsole.log(x)\n"
    await withFolder({ 'p.mjs': text, 'p.mts': text }, async (folder) => {
      for (const name of ['p.mjs', 'p.mts']) {
        const run = await runJob(['-np', '2', name], { cwd: folder })
        expect(run, run.stderr).to.include({ status: 0, stdout: 'later\nlater\n' })
      }
    })
  })

  it('TypeScript that is more than types (enum, parameter property, namespace) works', async () => {
    const text = `enum Colour { red = 3 }
namespace Space { export const x = 1 }
class A { constructor(readonly value: number) {} }
console.log(Colour.red, Space.x, new A(5).value, A.name)
`
    await withFolder({ 'p.ts': text }, async (folder) => {
      const run = await runJob(['-np', '1', 'p.ts'], { cwd: folder })
      expect(run, run.stderr).to.include({ status: 0, stdout: '3 1 5 A\n' })
    })
  })

  it('several programs share COMM_WORLD: A : B', async () => {
    const text = (name: string): string => `import { MPI } from 'mpirun-ts'
const { rank, size } = MPI.COMM_WORLD
console.log('${name}', rank, size, process.argv[2])
`
    await withFolder({ 'a.mjs': text('a'), 'b.mts': text('b') }, async (folder) => {
      const run = await runJob(['-np', '2', 'a.mjs', 'x', ':', '-np', '3', 'b.mts', 'y'], { cwd: folder })
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      const lines = run.stdout.trim().split('\n').sort()
      expect(lines).to.deep.equal(['a 0 5 x', 'a 1 5 x', 'b 2 5 y', 'b 3 5 y', 'b 4 5 y'])
    })
  })
})
