import { hostname } from 'node:os'
import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { makeUnreadable } from '../support/unreadable.ts'
import { withFolder } from './program-folder.ts'

const FILES = {
  'bad.cjs': 'const a = 1\nconst b = = 2\n',
  'bad.mjs': "import 'mpirun-ts'\nconst b = = 2\n",
  'imports-bad.mjs': "import './bad.mjs'\n",
  'later-bad.cjs': "import('./bad.mjs')\n",
  'twice.mjs': "let a = 1\nimport { MPI } from 'mpirun-ts'\nlet a = MPI\n",
  'bad.ts': 'const a = 1\nconst b: number = = 2\n',
  'no-export.mjs': "import { nothing } from 'mpirun-ts'\nconsole.log(nothing)\n",
  'no-package.mjs': "import 'no-such-package'\n",
  'no-module.cjs': "require('./no-such-module.cjs')\n",
  'throws.ts': `interface X { readonly a: number }

function fail(x: X): never {
  throw new Error('boom ' + x.a)
}
fail({ a: 3 })
`,
  'imports-throws.mts': "import { MPI } from 'mpirun-ts'\nimport './lib/throws.ts'\nexport const x = MPI\n",
  'lib/throws.ts': "type Unused = number\n\nthrow new TypeError('in the library')\n",
  script: '#!/bin/sh\necho hello\n',
  'never.mjs': 'await new Promise(() => undefined)\n',
}

/** Program, exit status, and what stderr says. */
const CASES: readonly [name: string, status: number, ...says: RegExp[]][] = [
  ['bad.cjs', 1, /\/bad\.cjs:2\n/, /const b = = 2/, /SyntaxError: Unexpected token '='/],
  ['bad.mjs', 1, /\/bad\.mjs:2\n/, /const b = = 2/, /SyntaxError: Unexpected token '='/],
  ['imports-bad.mjs', 1, /\/bad\.mjs:2\n/, /SyntaxError: Unexpected token '='/],
  ['later-bad.cjs', 1, /\/bad\.mjs:2\n/, /SyntaxError: Unexpected token '='/],
  ['twice.mjs', 1, /\/twice\.mjs:3\n/, /SyntaxError: Identifier 'a' has already been declared/],
  ['bad.ts', 1, /bad\.ts:2:19: /, /const b: number = = 2/],
  ['no-export.mjs', 1, /\/no-export\.mjs:1\n/, /'mpirun-ts' does not provide an export named 'nothing'/],
  ['no-package.mjs', 1, /Cannot find package 'no-such-package' imported from .*\/no-package\.mjs/],
  ['no-module.cjs', 1, /Cannot find module '\.\/no-such-module\.cjs'/, /\/no-module\.cjs/],
  ['throws.ts', 1, /Error: boom 3/, /\/throws\.ts:4:9\)/, /\/throws\.ts:6:1/],
  ['imports-throws.mts', 1, /TypeError: in the library/, /\/lib\/throws\.ts:3:7/],
  ['never.mjs', 13, /rank \d on .* ended with status 13, which is Node's for a top-level await/],
  ['missing.js', 127, /"missing\.js" does not exist on /, new RegExp(hostname())],
  ['missing.ts', 127, /"missing\.ts" does not exist on /, /\/missing\.ts/],
  ['node', 127, /leave out "node" and write mpirun-ts/],
  ['hostname', 127, /hostname is a program of this system/],
  ['script', 126, /it is a script for \/bin\/sh, and mpirun-ts runs JavaScript/],
  ['lib', 126, /"lib" cannot be read on .*not a file/],
]

describe('programs that cannot run', () => {
  for (const [name, status, ...says] of CASES) {
    it(`${name}: status ${status}, said once and without our own stack`, async () => {
      await withFolder(FILES, async (folder) => {
        const run = await runJob(
          ['-np', '2', `${folder}/${name}`.replace(/.*\/(missing.*|lib|node|hostname)$/, '$1')],
          {
            cwd: folder,
          },
        )
        expect(run).to.include({ status, stdout: '' })
        for (const text of says) expect(run.stderr).to.match(text)
        expect(run.stderr.match(/^mpirun-ts: /gm), run.stderr).to.have.length(1)
        expect(run.stderr).not.to.match(/mpirun\.cjs|mpirun-ts:rank|node:internal|data:text/)
      })
    })
  }

  it('a program that cannot be read: 126', async () => {
    await withFolder({ 'p.cjs': '' }, async (folder) => {
      makeUnreadable(`${folder}/p.cjs`)
      const run = await runJob(['-np', '2', 'p.cjs'], { cwd: folder })
      expect(run, run.stderr).to.include({ status: 126, stdout: '' })
      expect(run.stderr).to.match(/"p\.cjs" cannot be read on .*(EACCES|EIO)/)
    })
  })
})
