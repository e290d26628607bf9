import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { build, type Format } from 'esbuild'
import { projectDir } from '../support/run-job.ts'

const WORK = `import { createHash } from 'node:crypto'
import { salt } from './salt.js'
export enum Kind { md5 = 'md5' }
export const work = (n: number): string => createHash(Kind.md5).update(salt + String(n)).digest('hex').slice(0, 4)
`
const MAIN = `import { Pool } from 'mpirun-ts'
import { work } from './work.ts'
const pool = new Pool(1)
console.log(pool.map(work, [1])[0], pool.map('./work.ts#work', [1])[0])
pool.terminate()
`
const FILES = {
  'work.ts': WORK,
  'salt.ts': "export const salt = ''\n",
  'main.ts': MAIN,
  'main.mjs': MAIN.replace("import { work } from './work.ts'\n", '').replace('map(work', "map('./work.ts#work'"),
  'bundled.mjs': `import { Pool, MPI } from 'mpirun-ts'
const pool = new Pool(1)
console.log(MPI.COMM_WORLD.size, pool.map((x) => x + 1, [1])[0])
pool.terminate()
`,
}

describe('Pool: TypeScript and bundles', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
    for (const [file, text] of Object.entries(FILES)) writeFileSync(join(folder, file), text)
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  function run(...words: string[]): { stdout: string; stderr: string } {
    const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 30_000, cwd: folder })
    return { stdout, stderr }
  }

  function install(): void {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(projectDir, join(folder, 'node_modules', 'mpirun-ts'))
  }

  for (const options of [
    ['-np', '1'],
    ['--pool', '-np', '2'],
  ]) {
    it(`mpirun-ts ${options.join(' ')}: an export of another TypeScript module, and by its name`, () => {
      const printed = run(join(projectDir, 'dist', 'mpirun.cjs'), ...options, 'main.ts')
      expect(printed).to.deep.equal({ stdout: 'c4ca c4ca\n', stderr: '' })
    })
  }

  it('plain node: a TypeScript module by its name', () => {
    install()
    expect(run('main.mjs')).to.deep.equal({ stdout: 'c4ca c4ca\n', stderr: '' })
  })

  const formats: readonly Format[] = ['esm', 'cjs']
  for (const format of formats) {
    it(`a bundle (${format}) with the package in it finds the package's files, or says what to do`, async () => {
      const outfile = join(folder, format === 'esm' ? 'out.mjs' : 'out.cjs')
      install()
      const entryPoints = [join(folder, 'bundled.mjs')]
      await build({ entryPoints, outfile, bundle: true, platform: 'node', format, logLevel: 'silent' })
      expect(run(outfile)).to.deep.equal({ stdout: '1 2\n', stderr: '' })
      rmSync(join(folder, 'node_modules'), { recursive: true })
      expect(run(outfile).stderr).to.include('leave the package out of the bundle (esbuild --external:mpirun-ts')
    })
  }
})
