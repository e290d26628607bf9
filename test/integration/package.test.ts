import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir } from '../support/run-job.ts'

const MIB = 2 ** 20

interface Manifest {
  readonly dependencies?: object
  readonly optionalDependencies: Record<string, string>
  readonly devDependencies: Record<string, string>
}

describe('the package as it is published', () => {
  let folder: string
  let installed: string
  let tarballBytes = 0

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
    const modules = join(folder, 'node_modules')
    mkdirSync(modules)
    const options = { encoding: 'utf8', cwd: projectDir, stdio: 'pipe' } as const
    const words = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
    const name = execFileSync('npm', words, options).trim()
    tarballBytes = statSync(join(folder, name)).size
    execFileSync('tar', ['-xzf', join(folder, name), '-C', modules])
    installed = join(modules, 'mpirun-ts')
    cpSync(join(modules, 'package'), installed, { recursive: true })
    rmSync(join(modules, 'package'), { recursive: true })
    // What npm would fetch for this machine.
    symlinkSync(join(projectDir, 'node_modules/@esbuild'), join(modules, '@esbuild'))
  })

  after(() => rmSync(folder, { recursive: true }))

  function write(name: string, text: string): string {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }

  function run(...words: readonly string[]): string {
    const env = { ...process.env, HOME: join(folder, 'home'), XDG_CACHE_HOME: '' }
    return execFileSync(process.execPath, [join(installed, 'dist/mpirun.cjs'), ...words], { encoding: 'utf8', env })
  }

  it('needs no package but the compiler of TypeScript, which comes without a script that runs when it is installed', () => {
    // What package.json says.
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest
    expect(manifest.dependencies).to.equal(undefined)
    const version = manifest.devDependencies['esbuild'] as string
    for (const [name, wanted] of Object.entries(manifest.optionalDependencies)) {
      expect(name).to.match(/^@esbuild\//)
      expect(wanted, name).to.equal(version)
    }
    expect(manifest.optionalDependencies).to.include.keys('@esbuild/linux-x64', '@esbuild/linux-arm64')
  })

  it('is small', () => {
    const files = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
    expect(tarballBytes).to.be.below(1.2 * MIB)
    // Beside esbuild's program of 10.9 MiB: readable bundles 3.3, declarations 0.5, docs 0.3.
    expect(bytes).to.be.below(4.2 * MIB)
  })

  it('runs programs in JavaScript and TypeScript, shipped ones, and pools of theirs', () => {
    expect(run('-np', '2', join(installed, 'examples/hello.js')).match(/Hello from rank [01] of 2/g)).to.have.length(2)
    const sum =
      "import { MPI } from 'mpirun-ts'\nenum Word { sum = 'sum' }\nconsole.log(Word.sum, MPI.COMM_WORLD.allreduce(1))\n"
    const path = write('sum.ts', sum)
    expect(run('-np', '2', path)).to.equal('sum 2\nsum 2\n')
    expect(run('-np', '2', '--preload', path)).to.equal('sum 2\nsum 2\n')
    write('work.ts', 'enum Ten { x = 10 }\nexport function work(x: number): number { return x * Ten.x }\n')
    const pool = `import { Pool } from 'mpirun-ts'\nimport { work } from './work.ts'
if (Pool.isMain) {
  const pool = new Pool(2)
  console.log(JSON.stringify(pool.map(work, [1, 2])))
  pool.terminate()
}\n`
    expect(run('-np', '2', '--pool', write('pool.ts', pool))).to.equal('[10,20]\n')
  })

  it('is typed, for ES modules and CommonJS', () => {
    const use = `const comm: Comm = MPI.COMM_WORLD
const sum: number = comm.allreduce(1) + countHits({ seed: 1, trials: 10 })
const pool = new Pool(2)
export const squares: number[] = pool.map((x: number) => x * x, [sum])\n`
    write(
      'esm.mts',
      `import { type Comm, MPI, Pool } from 'mpirun-ts'\nimport { countHits } from 'mpirun-ts/pi'\n${use}`,
    )
    write(
      'cjs.cts',
      `import mpirun = require('mpirun-ts')\nimport pi = require('mpirun-ts/pi')
type Comm = mpirun.Comm\nconst { MPI, Pool } = mpirun\nconst { countHits } = pi\n${use}`,
    )
    write('wrong.mts', "import { MPI } from 'mpirun-ts'\nexport const text: string = MPI.COMM_WORLD.allreduce(1)\n")
    const compile = (...files: readonly string[]): string => {
      const types = join(projectDir, 'node_modules/@types')
      const words = ['--strict', '--noEmit', '--module', 'nodenext', '--skipLibCheck', 'false', '--target', 'es2023']
      const libraries = [
        '--lib',
        'es2023,es2024.sharedmemory,esnext.disposable',
        '--types',
        'node',
        '--typeRoots',
        types,
      ]
      const tsc = join(projectDir, 'node_modules/typescript/lib/tsc.js')
      const paths = files.map((file) => join(folder, file))
      return execFileSync(process.execPath, [tsc, ...words, ...libraries, ...paths], { encoding: 'utf8', cwd: folder })
    }
    expect(compile('esm.mts', 'cjs.cts')).to.equal('')
    expect(() => compile('wrong.mts')).to.throw()
  })
})
