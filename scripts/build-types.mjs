// Copies the declarations that users of the package meet into dist/types: esm/ and, for programs in CommonJS, cjs/. TypeScript tells one from the
// other by the nearest package.json.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const IMPORT = /((?:from|import)\s*\(?\s*['"])(\.[^'"]+)\.ts(?=['"])/g

/** `entries`: declarations in `from`, by their path in there. */
export function buildTypes(from, to, entries) {
  rmSync(to, { recursive: true, force: true })
  for (const [folder, type] of [
    ['esm', 'module'],
    ['cjs', 'commonjs'],
  ]) {
    for (const [path, text] of reachable(from, entries)) {
      const copy = join(to, folder, path)
      mkdirSync(dirname(copy), { recursive: true })
      writeFileSync(copy, text)
    }
    writeFileSync(join(to, folder, 'package.json'), `{ "type": "${type}" }\n`)
  }
}

/** Texts of the entries and of all that they import, by path. */
function reachable(from, entries) {
  const texts = new Map()
  const waiting = [...entries]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (texts.has(path)) continue
    const text = readFileSync(join(from, path), 'utf8')
    // Written with .js, every TypeScript finds the declarations.
    texts.set(path, text.replace(IMPORT, '$1$2.js'))
    for (const [, , name] of text.matchAll(IMPORT)) {
      waiting.push(relative(from, join(from, dirname(path), `${name}.d.ts`)))
    }
  }
  return texts
}
