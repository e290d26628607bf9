import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir, withPrograms } from '../support/run-job.ts'
import { useSshJobs } from './ssh-jobs.ts'

const PRINT = 'console.log(`${MPI.COMM_WORLD.rank} of ${MPI.COMM_WORLD.size}: ${answer}`)\n'
const EXPECTED = '0 of 2: 42\n1 of 2: 42\n'

/** Programs in a folder outside of the project, without node_modules. */
const PROGRAMS: readonly { name: string; program: string; files: Readonly<Record<string, string>> }[] = [
  {
    name: 'an ES module',
    program: 'main.mjs',
    files: {
      'main.mjs': `import { MPI } from 'mpirun-ts'\nimport { answer } from './lib.mjs'\n${PRINT}`,
      'lib.mjs': `import { MPI } from 'mpirun-ts'\nexport const answer = MPI.COMM_WORLD.allreduce(21)\n`,
    },
  },
  {
    name: 'a CommonJS program',
    program: 'main.cjs',
    files: {
      'main.cjs': `const { MPI } = require('mpirun-ts')\nconst answer = MPI.COMM_WORLD.allreduce(21)\n${PRINT}`,
    },
  },
  {
    name: 'a TypeScript program',
    program: 'main.ts',
    files: {
      'main.ts': `import { MPI } from 'mpirun-ts'\nimport { half } from './half'\nenum Half { answer = 42 }\nconst answer: number = Half.answer as number\nif (half(84) !== answer) throw new Error('types have values')\n${PRINT}`,
      'half.ts': `export const half = <T extends number>(x: T): number => x / 2\n`,
    },
  },
]

describe('kinds of programs on other hosts', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])

  for (const { name, program, files } of PROGRAMS) {
    it(`run ${name} from a folder without node_modules`, async () => {
      await withPrograms(files, async (folder) => {
        const run = await jobs().run(['--host', 'n1,n2', join(folder, program)])
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        expect(sorted(run.stdout)).to.equal(EXPECTED)
      })
    })
  }

  it('name file and line of the source when a TypeScript program throws', async () => {
    const text = `import { MPI } from 'mpirun-ts'\ninterface Unused { readonly a: number }\nconst rank: number = MPI.COMM_WORLD.rank\nif (rank === 1) throw new RangeError('typed')\n`
    await withPrograms({ 'main.ts': text }, async (folder) => {
      const run = await jobs().run(['--host', 'n1,n2', join(folder, 'main.ts')])
      expect(run.status).to.equal(1)
      expect(run.stderr).to.match(/^mpirun-ts: rank 1 on n2 failed: .*RangeError: typed/s)
      expect(run.stderr).to.contain('main.ts:4')
    })
  })

  it('run with --preload where the program does not exist, and not without', async () => {
    const files = {
      'main.mjs': `import { MPI } from 'mpirun-ts'\nimport { answer } from './lib.mjs'\nimport extra from 'extra'\nif (extra !== 'packed') throw new Error(extra)\n${PRINT}`,
      'lib.mjs': 'export const answer = 42\n',
    }
    await withPrograms(files, async (folder) => {
      const extra = join(folder, 'node_modules', 'extra')
      mkdirSync(extra, { recursive: true })
      writeFileSync(join(extra, 'package.json'), '{"name":"extra","main":"main.js"}')
      writeFileSync(join(extra, 'main.js'), 'module.exports = "packed"\n')
      // The program is moved away before the first ssh, as if the other hosts had never seen it.
      const launcher = join(folder, 'launch')
      writeFileSync(
        launcher,
        `#!/bin/sh\ncd "$(dirname "$0")"; mkdir -p away; mv main.mjs lib.mjs node_modules away 2>/dev/null\nexec ssh "$@"\n`,
      )
      chmodSync(launcher, 0o755)
      const args = ['--launcher', launcher, '--host', 'n1,n2', join(folder, 'main.mjs')]
      const run = await jobs().run(['--preload', ...args], { cwd: folder })
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(sorted(run.stdout)).to.equal(EXPECTED)
      const without = await jobs().run(args, { cwd: folder })
      expect(without).to.include({ status: 127, stdout: '' })
      // Each node says so for itself, and the user hears it once.
      expect(without.stderr).to.match(
        /^mpirun-ts: nodes n1 and n2: the program ".*main\.mjs" does not exist there\. .*--preload\.\n$/,
      )
    })
  })

  it('count the same hits of pi on two nodes as on one', async () => {
    const run = await jobs().run([
      '-np',
      '4',
      '--host',
      'n1:2,n2:2',
      join(projectDir, 'examples', 'pi.js'),
      '1e7',
      '--json',
    ])
    expect(run, run.stderr).to.include({ status: 0, stderr: '' })
    expect(JSON.parse(run.stdout)).to.deep.include({ seed: 42, ranks: 4, nodes: 2 })
    expect(run.stdout).to.contain('"trials":10000000,"hits":7852916,')
  })
})

function sorted(text: string): string {
  return text
    .split(/(?<=\n)/)
    .toSorted()
    .join('')
}
