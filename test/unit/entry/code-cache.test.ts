import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type CodeCache, openCodeCache } from '../../../src/entry/code-cache.ts'

const COMPILED = Buffer.from('compiled')
const OTHER_USER = 12_345

describe('openCodeCache()', () => {
  const variable = process.env['XDG_CACHE_HOME']
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
    mkdirSync(join(folder, 'dist'))
    mkdirSync(join(folder, 'home'))
    process.env['XDG_CACHE_HOME'] = join(folder, 'home')
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
    if (variable === undefined) delete process.env['XDG_CACHE_HOME']
    else process.env['XDG_CACHE_HOME'] = variable
  })

  function open(build = 'build', user?: number): CodeCache {
    return openCodeCache(join(folder, 'dist'), build, ...(user === undefined ? [] : [user]))
  }

  function files(name: string): string[] {
    const path = join(folder, name)
    return existsSync(path) ? readdirSync(path).map((each) => join(path, each)) : []
  }

  function kept(): string {
    open().keep('rank', COMPILED)
    const [path = ''] = files('dist/cache')
    return path
  }

  /** A cache of which the file or folder at `path` is another user's. */
  function withOther(path: string): CodeCache {
    if (process.getuid?.() !== 0) return open('build', OTHER_USER)
    chownSync(path, OTHER_USER, OTHER_USER)
    return open()
  }

  it('gives back what it has kept of a program, beside the programs', () => {
    expect(open().read('rank')).to.equal(undefined)
    open().keep('rank', COMPILED)
    expect(open().read('rank')).to.deep.equal(COMPILED)
    expect(open().read('command')).to.equal(undefined)
    expect(files('dist/cache')).to.have.length(1)
    expect(files('home')).to.deep.equal([])
  })

  it('keeps it in the folder of the user where the programs are not theirs', () => {
    chmodSync(join(folder, 'dist'), 0o777)
    open().keep('rank', COMPILED)
    expect(files('dist/cache')).to.deep.equal([])
    expect(files('home/mpirun-ts')).to.have.length(1)
    expect(open().read('rank')).to.deep.equal(COMPILED)
  })

  it('knows no other build, and no other flags', () => {
    kept()
    expect(open('other').read('rank')).to.equal(undefined)
    process.execArgv.push('--max-lazy')
    expect(open().read('rank')).to.equal(undefined)
    process.execArgv.pop()
    expect(open().read('rank')).to.deep.equal(COMPILED)
  })

  it('reads nothing that is of another Node by its first line, whatever its name', () => {
    const path = kept()
    const other = process.version.replace(/\d+$/, (patch) => String(Number(patch) + 1))
    writeFileSync(path, readFileSync(path, 'latin1').replace(process.version, other))
    expect(open().read('rank')).to.equal(undefined)
    truncateSync(path, 10)
    expect(open().read('rank')).to.equal(undefined)
  })

  it('reads nothing that others may write', () => {
    const path = kept()
    for (const [where, mode] of [
      [path, 0o664],
      [path, 0o646],
      [join(folder, 'dist/cache'), 0o777],
      [join(folder, 'dist/cache'), 0o1777],
      [join(folder, 'dist'), 0o775],
      [folder, 0o777],
    ] as const) {
      chmodSync(where, mode)
      expect(open().read('rank'), `${where} ${mode.toString(8)}`).to.equal(undefined)
      chmodSync(where, where === path ? 0o644 : 0o755)
      expect(open().read('rank')).to.deep.equal(COMPILED)
    }
  })

  it('reads nothing of another user, and writes nothing to a place of theirs', () => {
    const path = kept()
    const cache = withOther(path)
    expect(cache.read('rank')).to.equal(undefined)
    rmSync(join(folder, 'dist/cache'), { recursive: true })
    rmSync(join(folder, 'home'), { recursive: true })
    process.env['XDG_CACHE_HOME'] = '/nowhere/at/all'
    withOther(join(folder, 'dist')).keep('rank', COMPILED)
    expect(files('dist/cache')).to.deep.equal([])
  })

  it('follows no link to a file', () => {
    const path = kept()
    renameSync(path, join(folder, 'elsewhere'))
    symlinkSync(join(folder, 'elsewhere'), path)
    expect(open().read('rank')).to.equal(undefined)
  })

  it('keeps the 40 that were written last', () => {
    for (let index = 0; index < 44; index++) {
      open(`build ${index}`).keep('rank', COMPILED)
      for (const path of files('dist/cache')) {
        if (readFileSync(path, 'latin1').startsWith(`["build ${index}"`)) utimesSync(path, index, index)
      }
    }
    const builds = files('dist/cache').map((path) => /build \d+/.exec(readFileSync(path, 'latin1'))?.[0])
    expect(builds).to.have.length(40)
    expect(builds).to.include('build 43').and.not.include('build 3')
  })

  it('does without where nothing can be written', () => {
    process.env['XDG_CACHE_HOME'] = '/proc/nope'
    const cache = openCodeCache('/proc/self', 'build')
    cache.keep('rank', COMPILED)
    expect(cache.read('rank')).to.equal(undefined)
  })
})
