import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MpirunError } from '../../base/errors.ts'
import { systemReason } from '../../base/system-reason.ts'
import { inQuotes } from '../../base/visible-text.ts'
import type { ProgramSpec } from '../../wire/control-messages.ts'
import { modulePlaces, PLACE_NAMES } from './module-places.ts'

/** Of the bundler, for `require` of what is not in an ES module's bundle; it takes the one that is in scope. */
const BUNDLED_REQUIRE = 'var __require = '
const MAKE_REQUIRE = "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);"

/**
 * Bundles the program with what it imports by path; packages stay imports, except with `withPackages`. Each module in it keeps its own
 * place (module-places.ts). Throws ERR_PROGRAM (exit status 1) for a mistake in it.
 */
export async function bundle(path: string, withPackages: boolean): Promise<NonNullable<ProgramSpec['source']>> {
  try {
    const isCommonJs = await loadsAsCommonJs(path)
    const format = isCommonJs ? 'cjs' : 'esm'
    const first = await bundledText(path, format, withPackages)
    // Pools find functions by their modules: these are shown where there are some, and somebody may ask.
    const needsModules = first.others.size > 0 && /\bPool\b/.test(first.code)
    const { code } = needsModules ? await bundledText(path, format, withPackages, [], first.others) : first
    const compiler = needsModules ? esbuildPlace() : {}
    if (isCommonJs) return { code, format: 'commonjs', ...compiler }
    // On the first line, where nothing of the program is but `#!`. A `require` of the program's own has another name then.
    const withRequire = code.includes(BUNDLED_REQUIRE) ? code.replace(/^(#!.*)?/, MAKE_REQUIRE) : code
    return { code: withRequire, format: 'module', ...compiler }
  } catch (error) {
    throw programError(path, error)
  }
}

/** Of the package's folder, in its bundle. */
declare const __dirname: string | undefined

/** Where the bundler itself is, for the threads of pools. */
function esbuildPlace(): { readonly esbuild?: string } {
  const folder = typeof __dirname === 'string' ? __dirname : dirname(process.argv[1] ?? '')
  const esbuild = join(folder, 'esbuild', 'lib', 'main.js')
  return existsSync(esbuild) ? { esbuild } : {}
}

/**
 * The bundle's text, and the ES modules in it that are neither the program's own file nor of a package. `around`: the workers in whose text this one is to
 * be: one that starts itself is left to Node there. `shown`: see modulePlaces().
 */
async function bundledText(
  path: string,
  format: 'cjs' | 'esm',
  withPackages: boolean,
  around: readonly string[] = [],
  shown: ReadonlySet<string> = new Set(),
): Promise<{ readonly code: string; readonly others: ReadonlySet<string> }> {
  const { build } = await import('esbuild')
  const main = realpathSync(path)
  const places = modulePlaces(
    main,
    async (worker) => (around.includes(worker) ? undefined : await workerText(worker, [...around, worker])),
    shown,
  )
  const { outputFiles, metafile } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node20',
    format,
    sourcemap: 'inline',
    // Not written; the sources of the map are relative to it.
    outdir: dirname(path),
    keepNames: true,
    logLevel: 'silent',
    external: ['mpirun-ts', 'mpirun-ts/pi'],
    packages: withPackages ? 'bundle' : 'external',
    define: PLACE_NAMES,
    plugins: [places],
  })
  const others = Object.entries(metafile.inputs)
    .filter(([file, { format: kind }]) => kind === 'esm' && !file.includes('node_modules/'))
    .map(([file]) => resolve(file))
    .filter((file) => file !== main)
  return { code: outputFiles[0]?.text ?? '', others: new Set(others) }
}

/** A thread runs its text as CommonJS. It finds packages from its own file, not from the working directory, where they are not in the text. */
async function workerText(path: string, around: readonly string[]): Promise<string | undefined> {
  const place = JSON.stringify(pathToFileURL(path).href)
  // With a top-level await, or a mistake that Node will say when the thread starts, it is left to Node.
  const text = await bundledText(path, 'cjs', true, around).then(
    ({ code }) => code,
    () => undefined,
  )
  if (text === undefined) return undefined
  return `globalThis.require = process.getBuiltinModule('node:module').createRequire(${place});${text}`
}

interface BuildMessage {
  readonly text: string
  readonly location: {
    readonly file: string
    readonly line: number
    readonly column: number
    readonly lineText: string
  } | null
}

/** A mistake in the program is the program's uncaught error (exit status 1), with the place where it is. */
function programError(path: string, error: unknown): MpirunError {
  const messages = (error as { errors?: readonly BuildMessage[] }).errors ?? []
  const shown = messages.map(({ text, location }) =>
    location === null
      ? text
      : `${location.file}:${location.line}:${location.column + 1}: ${text}\n  ${location.lineText}`,
  )
  return new MpirunError(
    'ERR_PROGRAM',
    `cannot compile ${inQuotes(path)}: ${shown.join('\n') || systemReason(error)}`,
    {
      cause: error,
    },
  )
}

/** By extension, then by the nearest package.json as Node does, then by whether the text has import or export at its top level. */
async function loadsAsCommonJs(path: string): Promise<boolean> {
  const extension = extname(path)
  if (extension === '.mts' || extension === '.mjs') return false
  if (extension === '.cts' || extension === '.cjs') return true
  const type = packageType(dirname(path))
  if (type !== undefined) return type === 'commonjs'
  const { build } = await import('esbuild')
  const { metafile } = await build({
    entryPoints: [path],
    write: false,
    metafile: true,
    logLevel: 'silent',
    format: 'esm',
  })
  return Object.values(metafile.inputs).every(({ format }) => format !== 'esm')
}

function packageType(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const description = join(at, 'package.json')
    if (existsSync(description)) return typeIn(description)
    if (dirname(at) === at) return undefined
  }
}

function typeIn(description: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(description, 'utf8')) as { type?: string }).type
  } catch (error) {
    throw new Error(`cannot read ${inQuotes(description)}: ${systemReason(error)}`, { cause: error })
  }
}
