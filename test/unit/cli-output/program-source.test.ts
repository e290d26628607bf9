import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { MpirunError } from '../../../src/base/errors.ts'
import { makeUnreadable } from '../../support/unreadable.ts'
import { type ProgramOptions, programSpec } from '../../../src/cli/program/program-source.ts'

const MODULE = 'import { sep } from "node:path"\nexport const x: string = sep\n'
const SCRIPT = 'const { sep } = require("node:path")\nconst x: string = sep\nmodule.exports = x\n'

describe('programSpec()', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  function write(name: string, text = ''): string {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  function spec(path: string, changes: Partial<ProgramOptions> = {}) {
    const options = { cwd: folder, wdir: folder, runsHere: true, preload: false, hostname: 'here', ...changes }
    return programSpec(path, ['a', 'b c'], options)
  }

  async function refused(path: string, changes: Partial<ProgramOptions> = {}): Promise<MpirunError> {
    try {
      await spec(path, changes)
    } catch (error) {
      expect(error).to.be.instanceOf(MpirunError)
      return error as MpirunError
    }
    return expect.fail(`"${path}" was not refused`)
  }

  for (const name of ['p.js', 'p.mjs', 'p.cjs', 'no-extension', 'with space.js']) {
    it(`leaves "${name}" to the nodes, with its absolute path and arguments`, async () => {
      const path = write(name)
      expect(await spec(name)).to.deep.equal({ path, args: ['a', 'b c'] })
      expect((await spec(path)).path).to.equal(path)
    })
  }

  it('finds a program where the command was typed before the working directory', async () => {
    const wdir = join(folder, 'work')
    write('work/p.js')
    expect((await spec('p.js', { wdir })).path).to.equal(join(wdir, 'p.js'))
    const typed = write('p.js')
    expect((await spec('p.js', { wdir })).path).to.equal(typed)
  })

  it('refuses a program that does not exist with status 127, naming it', async () => {
    for (const name of ['none.js', 'none.ts', 'none']) {
      const { exitStatus, message } = await refused(name)
      expect(exitStatus).to.equal(127)
      expect(message).to.include(`"${name}" does not exist on here`).and.include(join(folder, name))
    }
  })

  it('refuses a folder with status 126', async () => {
    mkdirSync(join(folder, 'p.js'))
    const { exitStatus, message } = await refused('p.js')
    expect([exitStatus, message.includes('cannot be read on here: it is not a file')]).to.deep.equal([126, true])
  })

  it('refuses a file that cannot be read with status 126', async () => {
    makeUnreadable(write('p.js'))
    expect((await refused('p.js')).exitStatus).to.equal(126)
  })

  it('does not look for JavaScript here when no rank runs here', async () => {
    expect((await spec('/elsewhere/p.js', { runsHere: false })).path).to.equal('/elsewhere/p.js')
    expect((await refused('p.ts', { runsHere: false })).exitStatus, 'TypeScript is compiled here').to.equal(127)
    expect((await refused('p.js', { runsHere: false, preload: true })).exitStatus).to.equal(127)
  })

  const formats = [
    { name: 'p.ts', text: MODULE, format: 'module' },
    { name: 'p.ts', text: SCRIPT, format: 'commonjs' },
    { name: 'p.ts', text: 'const x: number = 1\n', format: 'commonjs' },
    { name: 'p.mts', text: 'const x: number = 1\n', format: 'module' },
    { name: 'p.cts', text: SCRIPT, format: 'commonjs' },
    { name: 'p.ts', text: 'const x: number = 1\n', package: '{"type":"module"}', format: 'module' },
    { name: 'p.ts', text: SCRIPT, package: '{"type":"commonjs"}', format: 'commonjs' },
    { name: 'sub/p.ts', text: 'const x: number = 1\n', package: '{"type":"module"}', format: 'module' },
  ] as const
  for (const { name, text, format, ...rest } of formats) {
    const where = 'package' in rest ? ` beside a package.json ${rest.package}` : ''
    it(`makes a ${format} of ${name} (${text.split(' ')[0]} …)${where}`, async () => {
      if ('package' in rest) write('package.json', rest.package)
      const path = write(name, text)
      const { source, path: found } = await spec(name)
      expect([found, source?.format]).to.deep.equal([path, format])
      expect(source?.code).to.not.match(/: (string|number)\b(?!.*sourceMappingURL)/)
      if (text === MODULE) expect(source?.code).to.match(/import .*node:path/)
      if (text === SCRIPT) expect(source?.code).to.include('require("node:path")')
    })
  }

  it('bundles what a TypeScript program imports by path, and leaves packages and mpirun-ts out', async () => {
    write('lib/addit.ts', 'export const addit = (x: number): number => x + 4711\n')
    write(
      'p.ts',
      'import { MPI } from "mpirun-ts"\nimport some from "some-package"\nimport { addit } from "./lib/addit.ts"\naddit(MPI, some)\n',
    )
    const { source } = await spec('p.ts')
    expect(source?.code).to.match(/4711/)
    expect(source?.code).to.match(/from "mpirun-ts"/)
    expect(source?.code).to.match(/from "some-package"/)
  })

  it('bundles packages with --preload, but not mpirun-ts', async () => {
    write('node_modules/some-package/package.json', '{"name":"some-package","main":"index.js"}')
    write('node_modules/some-package/index.js', 'module.exports = 4712\n')
    write('p.mjs', 'import some from "some-package"\nimport { MPI } from "mpirun-ts"\nconsole.log(some, MPI)\n')
    const { source } = await spec('p.mjs', { preload: true })
    expect(source?.code).to.match(/4712/)
    expect(source?.code).to.match(/from "mpirun-ts"/)
    expect(source?.format).to.equal('module')
  })

  it('says where a TypeScript program has a mistake, with status 1', async () => {
    write('p.ts', 'const x = 1\nconst y = ) 2\n')
    const { exitStatus, message } = await refused('p.ts')
    expect(exitStatus).to.equal(1)
    expect(message).to.match(/p\.ts:2:\d+: .*\n\s+const y = \) 2/)
  })

  it('says which import of a TypeScript program is missing, with status 1', async () => {
    write('p.ts', 'import { x } from "./none.ts"\nconsole.log(x)\n')
    const { exitStatus, message } = await refused('p.ts')
    expect(exitStatus).to.equal(1)
    expect(message).to.include('./none.ts')
  })
})
