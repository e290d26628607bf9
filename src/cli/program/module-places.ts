import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Loader, Plugin } from 'esbuild'

/**
 * A bundle is one module, whose `import.meta.url`, `__dirname` and `require` would be the main file's in all that was put into it. So each
 * file that asks for its place begins with a line that declares these as its own, and what asks for them is led there. The bundler keeps
 * declarations of different files apart.
 */

/** Files that may ask for their place; more than do is harmless. */
const ASKS = /\bimport\s*\.\s*meta\b|\b__(?:dirname|filename)\b|\brequire\s*\.\s*(?:resolve|main)\b/
const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.jsx': 'jsx',
}

/** What the bundler is to put instead, in files as in those that have the line. */
export const PLACE_NAMES: Readonly<Record<string, string>> = {
  'import.meta': '__mpirunTsMeta',
  __dirname: '__mpirunTsMeta.dirname',
  __filename: '__mpirunTsMeta.filename',
  'require.resolve': '__mpirunTsRequire.resolve',
  'require.main': '__mpirunTsMain',
}

/**
 * Gives each file its place. `main`: the program's own file. `workerText`: that of a TypeScript file which a thread of the program runs; undefined: it is
 * left as it is. `shown`: files whose exports pools are to find (src/pool/modules/bundled-modules.ts): they are in no module of their own any more.
 */
export function modulePlaces(
  main: string,
  workerText: (path: string) => Promise<string | undefined>,
  shown: ReadonlySet<string>,
): Plugin {
  return {
    name: 'module-places',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path, namespace }) => {
        if (namespace !== 'file') return undefined
        const text = await readFile(path, 'utf8')
        if (!ASKS.test(text) && !shown.has(path)) return undefined
        const placed = ASKS.test(text)
          ? withPlace(await withWorkers(text, path, workerText), path, path === main)
          : text
        const contents = shown.has(path) ? `${placed}\n${SHOW(path)}` : placed
        return { contents, loader: LOADERS[extname(path)] ?? 'js' }
      })
    },
  }
}

/** `new Worker(new URL('../w.ts', import.meta.url)`, as bundlers of web pages know it. Node 20 cannot run that file. */
const WORKER =
  /\bnew\s+((?:[\w$]+\.)*Worker)\s*\(\s*new\s+URL\(\s*(["'])(\.{1,2}\/[^"'\n]+\.[cm]?ts)\2\s*,\s*import\.meta\.url\s*,?\s*\)/g

/** Such a worker gets the JavaScript of its file as text; the file may be anywhere else than where the rank runs. */
async function withWorkers(
  text: string,
  path: string,
  workerText: (path: string) => Promise<string | undefined>,
): Promise<string> {
  const found = [...text.matchAll(WORKER)].map(({ 0: all, 1: name = '', 3: file = '', index }) => ({
    all,
    name,
    file,
    index,
  }))
  let made = ''
  let at = 0
  for (const { all, name, file, index } of found) {
    const worker = resolve(dirname(path), file)
    const code = existsSync(worker) ? await workerText(worker) : undefined
    if (code === undefined) continue
    const subclass = `(class extends ${name} { constructor(_, options) { super(${literal(code)}, { ...options, eval: true }) } })`
    made += `${text.slice(at, index)}${all.replace(name, () => subclass)}`
    at = index + all.length
  }
  return made + text.slice(at)
}

/** Behind the file's own text, whose places stay as they are. */
const SHOW = (path: string): string =>
  `import * as __mpirunTsSelf from ${literal(path)};(globalThis[Symbol.for('mpirun-ts.bundled')] ??= new Map()).set(${literal(pathToFileURL(path).href)}, __mpirunTsSelf);`

/** `#!` and the directives of a file have to stay first. */
const HEAD =
  /^(?:\uFEFF)?(?:#![^\n]*\n)?(?:\s|\/\/[^\n]*\n|\/\*[^]*?\*\/|(?:'use strict'|"use strict")\s*(?:;|(?=\n)))*/

function withPlace(text: string, path: string, isMain: boolean): string {
  const head = HEAD.exec(text)?.[0] ?? ''
  const url = pathToFileURL(path).href
  const meta = `{ __proto__: null, dirname: ${literal(dirname(path))}, filename: ${literal(path)}, main: ${String(isMain)}, resolve: (specifier) => __mpirunTsResolve(specifier), url: ${literal(url)} }`
  const parts = [`const __mpirunTsMeta = ${meta};`]
  if (/\bresolve\b|\bmain\b/.test(text)) parts.push(RESOLVE)
  if (/\brequire\s*\.\s*main\b/.test(text))
    parts.push(`const __mpirunTsMain = ${isMain ? 'module' : 'process.mainModule'};`)
  return `${head}${parts.join('')}${text.slice(head.length)}`
}

const RESOLVE = `const __mpirunTsRequire = process.getBuiltinModule('node:module').createRequire(__mpirunTsMeta.url); function __mpirunTsResolve(specifier) { if (/^\\.{0,2}\\//.test(specifier)) return new URL(specifier, __mpirunTsMeta.url).href; if (URL.canParse(specifier)) return new URL(specifier).href; const found = __mpirunTsRequire.resolve(specifier); return found === specifier ? 'node:' + found : process.getBuiltinModule('node:url').pathToFileURL(found).href }`

function literal(text: string): string {
  return JSON.stringify(text)
}
