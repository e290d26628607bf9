import module from 'node:module'
import { PoolError } from '../pool-error.ts'

/** Whether a module has to be compiled before a thread can load it. Newer versions of Node do so by themselves. */
export function needsCompiler(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NEEDS.has(String(error.code))
}

/** Node knows no TypeScript; or only types that can be left out, and files by their own names. */
const NEEDS = new Set(['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX', 'ERR_MODULE_NOT_FOUND'])

export function canStripTypes(): boolean {
  const { features } = process as { features: { typescript?: unknown } }
  return Boolean(features.typescript)
}

let isCompiling = false

/** Lets this thread load TypeScript, compiled by the esbuild that is at `esbuild`; `givenUrl` has been compiled before. */
export function compileTypeScript(esbuild: string, givenUrl: string | undefined): void {
  if (isCompiling) return
  isCompiling = true
  const code = `const [esbuild, given] = ${JSON.stringify([esbuild, givenUrl ?? ''])};\n${HOOKS}`
  module.register(`data:text/javascript,${encodeURIComponent(code)}`)
}

export function noCompilerError(url: string): PoolError {
  const why = `Node ${process.versions.node} cannot load it, and esbuild is not installed there`
  const ways = 'start the program with mpirun-ts, use Node 22.18 or later, or give the pool a module in JavaScript'
  return new PoolError('ERR_POOL_FUNCTION', `cannot load "${url}" in a pool's thread: ${why}; ${ways}`)
}

/** Runs in the loader's own thread: plain text with its data in front. */
const HOOKS = `
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
const { transform } = createRequire(esbuild)(esbuild)
const ENDS = { '.js': ['.ts', '.tsx'], '.mjs': ['.mts'], '.cjs': ['.cts'], '': ['.ts', '.tsx', '.mts', '/index.ts'] }
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context)
  } catch (error) {
    if (!/^(?:\\.{1,2}\\/|file:|\\/)/.test(specifier)) throw error
    const [, stem, end = ''] = /^(.*?)(\\.[cm]?js)?$/.exec(specifier)
    for (const each of ENDS[end] ?? []) {
      try {
        return await next(stem + each, context)
      } catch {}
    }
    throw error
  }
}
export async function load(url, context, next) {
  const kind = /^file:.*\\.([cm]?)(tsx?)(?:\\?|$)/.exec(url)
  if (kind === null || url === given) return next(url, context)
  const path = fileURLToPath(url)
  const format = kind[1] === 'c' ? 'cjs' : 'esm'
  const options = { loader: kind[2], format, sourcefile: path, sourcemap: 'inline', target: 'node20', keepNames: true }
  const { code } = await transform(await readFile(path, 'utf8'), options)
  return { format: format === 'cjs' ? 'commonjs' : 'module', source: code, shortCircuit: true }
}
`
