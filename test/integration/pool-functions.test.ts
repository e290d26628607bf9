import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir } from '../support/run-job.ts'

const RUN = "import { Pool } from 'mpirun-ts'\n"

/** Programs that print what their pool gave, started by plain node in a folder of their own. */
const PROGRAMS: readonly { name: string; files: Record<string, string>; prints: string }[] = [
  {
    name: 'a function that is not exported, of a program without a guard',
    files: { 'main.mjs': `${RUN}function f(x) { return x + 1 }\nconst p = new Pool(1); console.log(p.map(f, [1])[0])` },
    prints: '2',
  },
  {
    name: 'an export of an ES module, with a variable of the module',
    files: {
      'main.mjs': `${RUN}import { f } from './work.mjs'\nconst p = new Pool(1); console.log(p.map(f, [1])[0])`,
      'work.mjs': 'const k = 10\nexport const f = (x) => x + k',
    },
    prints: '11',
  },
  {
    name: 'an export under another name',
    files: {
      'main.mjs': `${RUN}import { g } from './work.mjs'\nconst p = new Pool(1); console.log(p.map(g, [1])[0])`,
      'work.mjs': 'const k = 10\nfunction f(x) { return x + k }\nexport { f as g, f }',
    },
    prints: '11',
  },
  {
    name: 'a default export',
    files: {
      'main.mjs': `${RUN}import f from './work.mjs'\nconst p = new Pool(1); console.log(p.map(f, [1])[0])`,
      'work.mjs': 'const k = 10\nexport default function (x) { return x + k }',
    },
    prints: '11',
  },
  {
    name: 'an export of a guarded main program, with a variable of it',
    files: {
      'main.mjs': `${RUN}const k = 20\nexport function f(x) { return x + k }\nif (Pool.isMain) { const p = new Pool(1); console.log(p.map(f, [1])[0]) }`,
    },
    prints: '21',
  },
  {
    name: 'task(import.meta, …) without an export',
    files: {
      'main.mjs':
        "import { Pool, task } from 'mpirun-ts'\nconst k = 30\nconst { f } = task(import.meta, { f: (x) => x + k })\nif (Pool.isMain) { const p = new Pool(1); console.log(p.map(f, [1])[0]) }",
    },
    prints: '31',
  },
  {
    name: './file.js#name beside the caller',
    files: {
      'main.mjs': "import './sub/call.mjs'",
      'sub/call.mjs': `${RUN}const p = new Pool(1); console.log(p.map('./work.mjs#f', [1])[0])`,
      'sub/work.mjs': 'const k = 40\nexport const f = (x) => x + k',
    },
    prints: '41',
  },
  {
    name: 'CommonJS: an export of a module, found by identity',
    files: {
      'main.cjs':
        "const { Pool } = require('mpirun-ts')\nconst { f } = require('./work.cjs')\nconst p = new Pool(1); console.log(p.map(f, [1])[0])",
      'work.cjs': 'const k = 50\nexports.f = (x) => x + k',
    },
    prints: '51',
  },
  {
    name: 'CommonJS: module.exports, and require inside of a function that travels as text',
    files: {
      'main.cjs':
        "const { Pool } = require('mpirun-ts')\nconst f = require('./work.cjs')\nconst p = new Pool(1)\nconsole.log(p.map(f, [1])[0], p.apply(() => require('./work.cjs')(2)))",
      'work.cjs': 'const k = 60\nmodule.exports = (x) => x + k',
    },
    prints: '61 62',
  },
  {
    name: 'CommonJS: task(module, …)',
    files: {
      'main.cjs':
        "const { Pool, task } = require('mpirun-ts')\nconst k = 70\nconst { f } = task(module, { f: (x) => x + k })\nif (Pool.isMain) { const p = new Pool(1); console.log(p.map(f, [1])[0]) }",
    },
    prints: '71',
  },
  {
    name: 'helpers of esbuild, tsc and Istanbul in the text',
    files: {
      'main.mjs': `${RUN}const p = new Pool(1)
const cov_1x2y = () => ({ f: [0], s: [0], b: [[0]] })
const __name = (f) => f
const __awaiter = undefined
function f(x) { cov_1x2y().f[0]++; cov_1x2y().b[0][0]++; const g = __name((y) => y + 1, 'g'); return g(x) }
function h(x) { return __awaiter(this, void 0, void 0, function* () { const y = yield Promise.resolve(x); return y * 2 }) }
console.log(p.map(f, [1])[0], p.map(h, [4])[0])`,
    },
    prints: '2 8',
  },
  {
    name: 'a variable that does not travel',
    files: {
      'main.mjs': `${RUN}const k = 1\nconst f = (x) => x + k\nconst p = new Pool(1)\ntry { p.map(f, [1]) } catch (e) { console.log(e instanceof TypeError, e.message.slice(0, 45)) }`,
    },
    prints: "true f uses 'k', which is not sent with it: pass i",
  },
  {
    name: 'a module without the function',
    files: {
      'main.mjs': `${RUN}const p = new Pool(1)\ntry { p.map('./work.mjs#g', [1]) } catch (e) { console.log(e.code, /exports f/.test(e.message)) }`,
      'work.mjs': 'export const f = (x) => x',
    },
    prints: 'ERR_POOL_FUNCTION true',
  },
  {
    name: 'a pool inside of a pool',
    files: {
      'main.mjs': `${RUN}const p = new Pool(1)\ntry { p.map('./work.mjs#f', [1]) } catch (e) { console.log(e.code, /isMain/.test(e.message)) }`,
      'work.mjs': `${RUN}new Pool(2)\nexport const f = (x) => x`,
    },
    prints: 'ERR_POOL_IN_THREAD true',
  },
]

describe('Pool: functions', () => {
  for (const { name, files, prints } of PROGRAMS) {
    it(name, () => {
      const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
      try {
        mkdirSync(join(folder, 'node_modules'))
        symlinkSync(projectDir, join(folder, 'node_modules', 'mpirun-ts'))
        for (const [file, text] of Object.entries(files)) {
          mkdirSync(join(folder, file, '..'), { recursive: true })
          writeFileSync(join(folder, file), text)
        }
        const main = Object.keys(files)[0] ?? ''
        const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, main)], {
          encoding: 'utf8',
          timeout: 20_000,
        })
        expect({ stdout, stderr, status }).to.deep.equal({ stdout: `${prints}\n`, stderr: '', status: 0 })
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
  }

  it('examples/basic.js prints 5 and [2,3,4]', () => {
    const { stdout, status } = spawnSync(process.execPath, [join(projectDir, 'examples', 'basic.js')], {
      encoding: 'utf8',
    })
    expect({ stdout, status }).to.deep.equal({ stdout: '5\n[2,3,4]\n', status: 0 })
  })
})
