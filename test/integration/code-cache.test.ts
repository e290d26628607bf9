import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir } from '../support/run-job.ts'

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

  function run(...words: readonly string[]): string {
    const env = { ...process.env, HOME: join(folder, 'home'), XDG_CACHE_HOME: '', NODE_OPTIONS: '' }
    return execFileSync(process.execPath, [join(folder, 'dist/mpirun.cjs'), ...words], { encoding: 'utf8', env })
  }

  function caches(): Record<string, number> {
    const path = join(folder, 'dist/cache')
    if (!existsSync(path)) return {}
    return Object.fromEntries(
      readdirSync(path)
        .toSorted()
        .map((name) => [name.split('-')[0] ?? '', statSync(join(path, name)).mtimeMs]),
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
    for (const name of readdirSync(join(folder, 'dist/cache'))) {
      const path = join(folder, 'dist/cache', name)
      const [head = ''] = readFileSync(path, 'latin1').split('\n')
      writeFileSync(path, `${head}\nnothing that V8 has made`, 'latin1')
    }
    run(...hello)
    const sizes = readdirSync(join(folder, 'dist/cache')).map((name) => statSync(join(folder, 'dist/cache', name)).size)
    for (const size of sizes) expect(size).to.be.above(100_000)
  })

  it('is not in the package', () => {
    const words = ['pack', '--dry-run', '--json', '--ignore-scripts']
    const list = execFileSync('npm', words, { cwd: projectDir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(list).to.include('"dist/mpirun.cjs"').and.not.include('.cache"')
  })
})
