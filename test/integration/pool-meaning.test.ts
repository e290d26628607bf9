import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import fs, { promises } from 'node:fs'
import { createRequire } from 'node:module'
import os, { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { join as joinOfWindows } from 'node:path/win32'
import { pathToFileURL } from 'node:url'
import util from 'node:util'
import { expect } from 'chai'
import { Pool } from 'mpirun-ts'
import type { AnyFunction } from '../../src/pool/modules/task-registry.ts'
import { thrownBy } from '../support/with-pool.ts'

/** Modules whose functions go to a thread. */
const FILES: Readonly<Record<string, string>> = {
  'work.mjs': `
    import { createHash } from 'node:crypto'
    import { createRequire } from 'node:module'
    import { add } from './math.mjs'
    const require = createRequire(import.meta.url)
    const k = 10
    const wrap = (g) => (x) => g(x) + k
    const double = (x) => x * 2
    const structuredClone = (x) => ({ mine: x })
    let last
    function a(x) { return x + k }
    export { a as b }
    export { join } from 'node:path'
    export const wrapped = wrap(double), later = (x) => x - k
    export const ops = { times: (x) => x * k, deep: { minus: (x) => x - k } }
    export const [first] = [(x) => x + k]
    export const bound = a.bind(null)
    export const hash = (s) => createHash('md5').update(s).digest('hex').slice(0, 4)
    export const elsewhere = add(5)
    export class Tools {
      #factor = 3
      static twice(x) { return x * 2 + k }
      plus(x) { return x + k }
      factor() { return this.#factor }
      own(x) { return x * this.rate }
      #secret(x) { return x + 1 }
      get secret() { return this.#secret }
      field = (x) => this.rate + x
      spread() { return () => arguments[0] }
    }
    export default wrap((x) => x * 3)
    export const inner = () => ({
      clone: (x) => structuredClone(x),
      writes: (x) => { last = x; return last },
      hidden: (x) => x + k,
      required: (x) => require('./there.cjs')(x),
      imported: async (x) => (await import('./there.mjs')).there + x,
      frozen: () => { const o = Object.freeze({ a: 1 }); try { o.a = 2; return 'sloppy' } catch { return 'strict' } },
      meta: () => import.meta.url,
      folder: () => __dirname,
      inherited: new (class { m(x) { return super.toString() } })().m,
    })`,
  'math.mjs': 'export const add = (a) => { const sum = (b) => a + b; return sum }',
  'there.mjs': "export const there = 'there'",
  'there.cjs': "module.exports = (x) => 'there' + x",
  'work.cjs': `
    const k = 5
    exports.ops = { times: (x) => x * k }
    exports.plus = function (x) { return x + k }
    exports.inner = () => ({
      mode: function () { return this === undefined ? 'strict' : 'sloppy' },
      arrow: () => { const o = Object.freeze({ a: 1 }); try { o.a = 2; return 'sloppy' } catch { return 'strict' } },
      required: (x) => require('./there.cjs')(x),
      file: () => __filename,
      hidden: (x) => x + k,
    })`,
  'strict.cjs': `'use strict'
    exports.inner = () => ({ arrow: () => { const o = Object.freeze({ a: 1 }); try { o.a = 2; return 'sloppy' } catch { return 'strict' } } })`,
}

type Functions = Record<string, AnyFunction>

describe('Pool: functions mean in a thread what they mean in the program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
  let pool: Pool
  let work: Record<string, never>
  let common: Record<string, never>
  let strict: { inner: () => Functions }

  before(async () => {
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    pool = new Pool(1)
    work = (await import(pathToFileURL(join(folder, 'work.mjs')).href)) as typeof work
    const require = createRequire(join(folder, 'main.cjs'))
    common = require('./work.cjs') as typeof common
    strict = require('./strict.cjs') as typeof strict
  })

  after(async () => {
    pool.terminate()
    await pool.join()
    rmSync(folder, { recursive: true, force: true })
  })

  const apply = (fn: unknown, ...args: unknown[]): Promise<unknown> => pool.applyAsync(fn as AnyFunction, args as never)

  const inModule: readonly [string, (module: never) => unknown, unknown[], unknown][] = [
    ['an export under another name', ({ b }: Functions) => b, [1], 11],
    ['what a wrapper has made', ({ wrapped }: Functions) => wrapped, [1], 12],
    ['the second of two declarations', ({ later }: Functions) => later, [1], -9],
    ['a function in an exported object', ({ ops }: { ops: Functions }) => ops['times'], [2], 20],
    ['one deeper in it', ({ ops }: { ops: { deep: Functions } }) => ops.deep['minus'], [2], -8],
    ['an element of an exported pattern', ({ first }: Functions) => first, [1], 11],
    ['a bound function', ({ bound }: Functions) => bound, [1], 11],
    ['one that uses an import', ({ hash }: Functions) => hash, ['a'], '0cc1'],
    ['what a function of another module has made', ({ elsewhere }: Functions) => elsewhere, [2], 7],
    ['an export of a module of Node', ({ join: joined }: Functions) => joined, ['a', 'b'], 'a/b'],
    ['a wrapped default export', (module: { default: AnyFunction }) => module.default, [2], 16],
    ['a static method', ({ Tools }: { Tools: Functions }) => Tools['twice'], [2], 14],
    ['a method with a variable of its module', ({ Tools }: { Tools: AnyFunction }) => Tools.prototype.plus, [2], 12],
    ['a private method', ({ Tools }: { Tools: new () => { secret: unknown } }) => new Tools().secret, [2], 3],
    ['require of its own file', ({ inner }: { inner: () => Functions }) => inner()['required'], [1], 'there1'],
    ['import() from its own file', ({ inner }: { inner: () => Functions }) => inner()['imported'], [1], 'there1'],
    ['strict mode', ({ inner }: { inner: () => Functions }) => inner()['frozen'], [], 'strict'],
  ]
  for (const [name, pick, args, value] of inModule) {
    it(`ES module: ${name}`, async () => {
      expect(await apply(pick(work as never), ...args)).to.deep.equal(value)
    })
  }

  it('CommonJS: exports, functions in them, modes, require of its own file', async () => {
    const { ops, plus, inner } = common as unknown as { ops: Functions; plus: AnyFunction; inner: () => Functions }
    const { mode, arrow, required } = inner()
    const all = [apply(ops['times'], 2), apply(plus, 2), apply(mode), apply(arrow), apply(required, 1)]
    expect(await Promise.all(all)).to.deep.equal([10, 7, 'sloppy', 'sloppy', 'there1'])
    expect(await apply(strict.inner()['arrow'])).to.equal('strict')
  })

  const builtins: readonly [string, unknown, unknown[], unknown][] = [
    ['fs.existsSync', fs.existsSync, ['/'], true],
    ['fs.promises.readFile', promises.readFile, [join(folder, 'there.mjs'), 'utf8'], FILES['there.mjs']],
    ['path.basename', basename, ['/a/b'], 'b'],
    ['path.win32.join', joinOfWindows, ['a', 'b'], 'a\\b'],
    ['util.types.isDate', util.types.isDate, [new Date()], true],
    ['os.hostname', os.hostname, [], os.hostname()],
    ['structuredClone', structuredClone, [[1]], [1]],
    ['process.cwd', Reflect.get(process, 'cwd'), [], process.cwd()],
    ['atob', atob, ['YQ=='], 'a'],
    ['Array.isArray', Array.isArray, [[1]], true],
    ['Math.max', Math.max, [1, 2], 2],
  ]
  for (const [name, fn, args, value] of builtins) {
    it(`of Node: ${name}`, async () => {
      expect(await apply(fn, ...args)).to.deep.equal(value)
    })
  }

  const refused: readonly [string, (modules: { work: never; common: never }) => unknown, string][] = [
    ['a variable', ({ work: m }) => innerOf(m)['hidden'], 'k'],
    ['a variable with the name of a global', ({ work: m }) => innerOf(m)['clone'], 'structuredClone'],
    ['a variable that it writes', ({ work: m }) => innerOf(m)['writes'], 'last'],
    ['import.meta', ({ work: m }) => innerOf(m)['meta'], 'import.meta'],
    ['__dirname in an ES module', ({ work: m }) => innerOf(m)['folder'], '__dirname'],
    ['a variable of CommonJS', ({ common: m }) => innerOf(m)['hidden'], 'k'],
    ['__filename', ({ common: m }) => innerOf(m)['file'], '__filename'],
    ['this, in an arrow function', ({ work: m }) => (newTools(m) as Functions)['field'], 'this'],
    ['super', ({ work: m }) => innerOf(m)['inherited'], 'super'],
    ['arguments around an arrow function', ({ work: m }) => (newTools(m)['spread'] as () => unknown)(), 'arguments'],
    ['what it remembers on itself', () => remembers, 'remembers.calls'],
    [
      'a shadowed global of a closure',
      () =>
        (
          (escape: AnyFunction) => (x: never) =>
            escape(x)
        )(String),
      'escape',
    ],
  ]
  for (const [name, pick, variable] of refused) {
    it(`TypeError that names ${name}`, async () => {
      const error = await thrownBy(() => apply(pick({ work, common } as never), 1))
      expect(error).to.be.instanceOf(TypeError)
      expect((error as Error).message).to.include(`uses '${variable}', which is not sent with it`)
    })
  }

  it('a method that uses this fails as it does in the program', async () => {
    const { own } = newTools(work as never) as unknown as Functions
    expect(String(await thrownBy(() => apply(own, 2)))).to.include("reading 'rate'")
  })

  it('recursion by a variable', async () => {
    const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))
    expect(await apply(factorial, 5)).to.equal(120)
  })

  it('a class, a computed name and what Node has made are refused by name', async () => {
    const computed: Functions = {
      [['a', 'b'].join('')](): number {
        return 1
      },
    }
    const messages = [class Account {}, computed['ab'], util.promisify(fs.stat)].map(async (fn) => {
      const error = await thrownBy(() => apply(fn))
      return `${String((error as Error).name)}: ${(error as Error).message.slice(0, 70)}`
    })
    const [classes, names, made] = await Promise.all(messages)
    expect(classes).to.match(/^TypeError: .*Account is a class/)
    expect(names).to.match(/^TypeError: ab cannot be sent as text: it is a method with a computed name/)
    expect(made).to.match(/^TypeError: stat cannot be sent: Node made it/)
  })

  it('a default for the parameter where the context of a signal comes is refused', () => {
    const { signal } = new AbortController()
    const withDefault = (x: number, k = 10): number => x + k
    expect(() => pool.map(withDefault as never, [1], { signal })).to.throw(TypeError, "default for its parameter 'k'")
    const forContext = (_x: number, { signal: own }: { signal?: AbortSignal } = {}): unknown => own?.aborted
    expect(pool.map(forContext as never, [1], { signal })).to.deep.equal([false])
  })
})

function innerOf(module: never): Functions {
  return (module as { inner: () => Functions }).inner()
}

function newTools(module: never): Record<string, unknown> {
  const { Tools } = module as { Tools: new () => Record<string, unknown> }
  return new Tools()
}

function remembers(x: number): number {
  remembers.calls += x
  return remembers.calls
}
remembers.calls = 0
