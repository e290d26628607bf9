import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const program = readFileSync(join(projectDir, 'test', 'fixtures', 'types', 'typed-program.ts'), 'utf8')

const STRICT = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  // So that the package's own .d.ts files are checked, too.
  skipLibCheck: false,
  target: 'ES2023',
  lib: ['ES2023', 'ESNext.Disposable'],
  types: ['node'],
  noEmit: true,
  preserveSymlinks: true,
}

/** What the compiler says of a program that has the package and @types/node in its node_modules. */
async function compile(text: string, compilerOptions: object): Promise<string> {
  const files = {
    'program.ts': text,
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify({ compilerOptions: { ...STRICT, ...compilerOptions }, files: ['program.ts'] }),
  }
  return await withFolder(files, async (folder) => {
    const modules = join(folder, 'node_modules')
    mkdirSync(join(modules, '@types'), { recursive: true })
    symlinkSync(projectDir, join(modules, 'mpirun-ts'))
    for (const name of ['@types/node', 'undici-types'])
      symlinkSync(join(projectDir, 'node_modules', name), join(modules, name))
    const tsc = join(projectDir, 'node_modules', '.bin', 'tsc')
    return spawnSync(tsc, ['-p', '.'], { cwd: folder, encoding: 'utf8', timeout: 60_000 }).stdout
  })
}

describe('types of the package', () => {
  for (const [module, moduleResolution] of [
    ['NodeNext', 'NodeNext'],
    ['ESNext', 'Bundler'],
  ]) {
    it(`a strict program compiles with module resolution ${moduleResolution}`, async () => {
      expect(await compile(program, { module, moduleResolution })).to.equal('')
    })
  }

  it('a type that is not that of the call is a mistake', async () => {
    const wrong = program.replace('is<number>()(comm.allreduce', 'is<string>()(comm.allreduce')
    expect(await compile(wrong, { module: 'NodeNext' })).to.match(/^program\.ts\(\d+,\d+\): error TS2554/)
  })
})
