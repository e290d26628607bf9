import { existsSync, readFileSync, realpathSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ProgramSpec } from '../wire/control-messages.ts'

/**
 * Makes `import 'mpirun-ts'` and `require('mpirun-ts')` lead to the running library from any folder, and gives the loader the
 * JavaScript that was made from a TypeScript program.
 */

/** What the two entry points of the package export, by specifier. */
export type PackageExports = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const EXPORTS_KEY = Symbol.for('mpirun-ts.exports')

/** require() of CommonJS: always, it costs nothing. */
export function serveRequire(exports: PackageExports): void {
  Object.assign(globalThis, { [EXPORTS_KEY]: exports })
  const loader = module as unknown as { _load(request: string, ...rest: unknown[]): unknown }
  const load = loader._load.bind(loader)
  loader._load = (request, ...rest) => (Object.hasOwn(exports, request) ? exports[request] : load(request, ...rest))
}

/**
 * import of ES modules: only where the program's folder does not find the package by itself, or the program has to be given as
 * text, because the loader's hooks cost each rank about 30 ms on Node 20.
 */
export function serveImport(exports: PackageExports, program: ProgramSpec): void {
  const isGiven = program.source?.format === 'module'
  if (!isGiven && findsPackage(dirname(realPath(program.path)))) return
  const config: HookConfig = {
    modules: Object.fromEntries(
      Object.entries(exports).map(([name, values]) => [name, moduleText(name, Object.keys(values))]),
    ),
    program: isGiven ? { url: pathToFileURL(program.path).href, code: program.source.code } : undefined,
  }
  const code = `const config = ${JSON.stringify(config)};\n${hookText}`
  module.register(`data:text/javascript,${encodeURIComponent(code)}`)
}

interface HookConfig {
  readonly modules: Readonly<Record<string, string>>
  readonly program: { readonly url: string; readonly code: string } | undefined
}

/** Runs in the loader's own thread, which knows nothing of this one: plain text with its data in front. */
const hookText = `
// Each module that was put into the text says its url there (cli/program/module-places.ts): a pool's thread that looks for a task of it finds it in the whole.
const isProgram = (url) => url === config.program.url || (url.startsWith('file:') && config.program.code.includes('url: ' + JSON.stringify(url)))
export async function resolve(specifier, context, next) {
  const text = config.modules[specifier]
  if (text !== undefined) return { url: text, shortCircuit: true }
  if (config.program && isProgram(specifier)) return { url: config.program.url, format: 'module', shortCircuit: true }
  return next(specifier, context)
}
export async function load(url, context, next) {
  if (config.program && url === config.program.url) return { format: 'module', source: config.program.code, shortCircuit: true }
  return next(url, context)
}
`

function moduleText(name: string, names: readonly string[]): string {
  const lines = names.map((each) => `export const ${each} = all[${JSON.stringify(each)}];`)
  const code = `const all = globalThis[Symbol.for('mpirun-ts.exports')][${JSON.stringify(name)}];${lines.join('')}`
  return `data:text/javascript,${encodeURIComponent(code)}`
}

/** As Node resolves a bare specifier: `node_modules` on the way up, or the package itself if it is the nearest one around the folder. */
function findsPackage(folder: string): boolean {
  let isOutside = false
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules', 'mpirun-ts', 'dist', 'index.js'))) return true
    const description = join(at, 'package.json')
    if (!isOutside && existsSync(description)) {
      if (nameOf(description) === 'mpirun-ts' && existsSync(join(at, 'dist', 'index.js'))) return true
      isOutside = true
    }
    if (dirname(at) === at) return false
  }
}

/** Where a link leads: Node resolves what a program imports from there. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function nameOf(description: string): unknown {
  try {
    return (JSON.parse(readFileSync(description, 'utf8')) as { name?: unknown }).name
  } catch {
    return undefined
  }
}
