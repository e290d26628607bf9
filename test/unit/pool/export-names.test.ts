import { expect } from 'chai'
import { exportedNames, isDefaultExport, rewrittenName } from '../../../src/pool/modules/export-names.ts'

describe('exportedNames', () => {
  const cases: readonly [string, string[]][] = [
    ['export const f = 1', ['f']],
    ['export async function* f() {}', ['f']],
    ['const f = 1; export { f as g, f, f as default }', ['g', 'f', 'default']],
    ['export const { a: f } = x', ['f']],
    ['export const a = 1, f = 2', ['f']],
    ['export default f', ['default']],
    ["export { f } from './other.js'", []],
    ['/* export const f = 1 */\n// export { f }\nconst f = 1', []],
    ['export const other = f', []],
  ]
  for (const [text, names] of cases) {
    it(`of ${JSON.stringify(text)}`, () => {
      expect(exportedNames(text, 'f')).to.deep.equal(names)
    })
  }
})

describe('isDefaultExport', () => {
  it('finds the function behind the name', () => {
    const text = 'function f(x) { return x }\nvar g = (x) => x\nexport default f;'
    expect([isDefaultExport(text, 'function f(x) { return x }'), isDefaultExport(text, '(x) => x')]).to.deep.equal([
      true,
      false,
    ])
  })
})

describe('rewrittenName', () => {
  const body = 'const work = (n) => (0, m.f)(n);'
  const texts = {
    vitest: `__vite_ssr_exportName__("other", () => { try { return x } catch {} });\n__vite_ssr_exportName__("shown", () => { try { return work } catch {} });\n${body}`,
    'vite with getters': `${body}\nObject.defineProperty(__vi_export__, "shown", { enumerable: true, configurable: true, get(){ return work }});`,
    'jest with ts-jest': `exports.shown = void 0;\n${body}\nexports.shown = work;`,
  }
  for (const [name, text] of Object.entries(texts)) {
    it(`under ${name}`, () => {
      expect(rewrittenName(text, 'work', '(n) => (0, m.f)(n)')).to.equal('shown')
    })
  }

  it('knows only the function of the file itself', () => {
    expect(rewrittenName(texts['jest with ts-jest'], 'work', '(n) => n')).to.equal(undefined)
  })
})
