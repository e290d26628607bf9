import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir } from '../support/run-job.ts'

const POOL_PROGRAM = `
import { Pool } from './dist/index.js'
const pool = new Pool(2)
console.log(String(pool.map(Math.abs, [-1, 2])))
pool.terminate()
`

/** Leaves of a cache what says for which Node it is. */
function spoil(path: string): void {
  const [head = ''] = readFileSync(path, 'latin1').split('\n')
  writeFileSync(path, `${head}\nnothing that V8 has made`, 'latin1')
}

describe('what V8 has compiled', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
    // As `npm pack` ships it: without caches.
    cpSync(join(projectDir, 'dist'), join(folder, 'dist'), {
      recursive: true,
      filter: (path) => !path.endsWith('/cache'),
    })
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  function node(...words: readonly string[]): string {
    const env = { ...process.env, HOME: join(folder, 'home'), XDG_CACHE_HOME: '', NODE_OPTIONS: '' }
    return execFileSync(process.execPath, words, { encoding: 'utf8', env })
  }

  function run(...words: readonly string[]): string {
    return node(join(folder, 'dist/mpirun.cjs'), ...words)
  }

  /** A program that imports the package in the folder. */
  function program(text: string): string {
    const path = join(folder, 'program.mjs')
    writeFileSync(path, text)
    return path
  }

  function caches(of: 'mtimeMs' | 'size' = 'mtimeMs'): Record<string, number> {
    const path = join(folder, 'dist/cache')
    if (!existsSync(path)) return {}
    return Object.fromEntries(
      readdirSync(path)
        .toSorted()
        .map((name) => [name.split('-v')[0] ?? '', statSync(join(path, name))[of]]),
    )
  }

  const hello = ['-np', '2', join(projectDir, 'examples/hello.js')]

  it('is kept by the first job that ends well, and used by those that follow', () => {
    expect(run('--version')).to.match(/^mpirun-ts /)
    expect(run('--dry-run', ...hello)).to.match(/rank/)
    expect(caches()).to.deep.equal({})
    run(...hello)
    const first = caches()
    expect(Object.keys(first)).to.deep.equal(['command', 'rank'])
    for (let again = 0; again < 2; again++) expect(run(...hello).split('\n')).to.have.length(3)
    expect(caches()).to.deep.equal(first)
  })

  it('is made anew where V8 does not take it', () => {
    run(...hello)
    for (const name of readdirSync(join(folder, 'dist/cache'))) spoil(join(folder, 'dist/cache', name))
    run(...hello)
    for (const size of Object.values(caches('size'))) expect(size).to.be.above(100_000)
  })

  it('is kept of the library by programs of plain node that end well', () => {
    node(program("import './dist/index.js'; process.exit(process.argv.length - 2)"))
    expect(Object.keys(caches())).to.deep.equal(['singleton-program'])
  })

  it('is kept of pools and their threads, by ranks as well as by plain node', () => {
    const path = program(POOL_PROGRAM)
    expect(node(path)).to.equal('1,2\n')
    const first = caches()
    expect(Object.keys(first)).to.deep.equal(['pool-program', 'pool-thread', 'singleton-program'])
    for (let again = 0; again < 2; again++) expect(node(path)).to.equal('1,2\n')
    expect(caches()).to.deep.equal(first)
    expect(run('-np', '1', path)).to.equal('1,2\n')
    expect(caches()).to.include(first)
    for (const name of readdirSync(join(folder, 'dist/cache'))) spoil(join(folder, 'dist/cache', name))
    expect(run('-np', '1', path)).to.equal('1,2\n')
    for (const name of ['pool-program', 'pool-thread']) expect(caches('size')[name]).to.be.above(50_000)
  })

  it('is not in the package', () => {
    const words = ['pack', '--dry-run', '--json', '--ignore-scripts']
    const list = execFileSync('npm', words, { cwd: projectDir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(list).to.include('"dist/mpirun.cjs"').and.not.include('.cache"')
  })
})
