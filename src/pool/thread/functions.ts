import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { FunctionRef } from '../../wire/pool-messages.ts'
import { bundledModule } from '../modules/bundled-modules.ts'
import { globalFunction } from '../functions/global-functions.ts'
import { valueAt } from '../modules/path-to.ts'
import { PoolError } from '../pool-error.ts'
import { type AnyFunction, registeredTask } from '../modules/task-registry.ts'
import { compileSource } from './compile-source.ts'
import type { LoaderHost } from './loader-host.ts'
import { canStripTypes, compileTypeScript, needsCompiler, noCompilerError } from './typescript.ts'

/** A function in the thread, with a way to explain its errors. */
export interface LoadedFunction {
  readonly call: (...args: unknown[]) => unknown
  /** As the program knows it; arrows lose theirs on the way. */
  readonly name: string
  /** The source that travelled without its surroundings; undefined for one that was found in a module. */
  readonly source: string | undefined
}

/** Finds the function that a reference means. At once, or with a promise where a module has to be loaded. Throws PoolError. */
export function loadFunction(ref: FunctionRef, host: LoaderHost): LoadedFunction | Promise<LoadedFunction> {
  if (ref.kind === 'global') return { call: asCallable(globalFunction(ref.path)), name: ref.path, source: undefined }
  if (ref.kind === 'source') return { call: compileSource(ref, host), name: ref.name, source: ref.source }
  return loadFromModule(ref, host)
}

async function loadFromModule(ref: FunctionRef & { kind: 'module' }, host: LoaderHost): Promise<LoadedFunction> {
  const { url, name } = ref
  let namespace: unknown
  try {
    namespace = await loadModule(url, host)
  } catch (cause) {
    // What stops a main program without a guard says itself what to do, and so does what cannot be compiled.
    if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('ERR_POOL_')) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PoolError('ERR_POOL_FUNCTION', `cannot load "${url}" in a pool's thread: ${message}`, { cause })
  }
  const found = registeredTask(url, name) ?? valueAt(bundledModule(url), name) ?? exportOf(namespace, name)
  if (typeof found === 'function') {
    if (ref.source === undefined || Function.prototype.toString.call(found) === ref.source)
      return { call: asCallable(found), name, source: undefined }
    throw new PoolError(
      'ERR_POOL_FUNCTION',
      `"${url}" exports another function "${name}" in a pool's thread than in the program`,
    )
  }
  const names = exportNames(namespace)
  const there = names.length > 0 ? `it exports ${names.join(', ')}` : 'it exports nothing'
  throw new PoolError('ERR_POOL_FUNCTION', `"${url}" has no function "${name}": ${there}`)
}

async function loadModule(url: string, host: LoaderHost): Promise<unknown> {
  if (url.endsWith('.cjs')) return createRequire(url)(fileURLToPath(url))
  if (!/\.[cm]?tsx?$/.test(url) || url === host.givenUrl) return host.importUrl(url)
  // Before the first attempt: Node remembers what it could not load.
  if (!canStripTypes() && host.esbuild !== undefined) compileTypeScript(host.esbuild, host.givenUrl)
  try {
    return await host.importUrl(url)
  } catch (error) {
    if (!needsCompiler(error)) throw error
    if (host.esbuild === undefined) throw noCompilerError(url)
    compileTypeScript(host.esbuild, host.givenUrl)
    return host.importUrl(`${url}?compiled`)
  }
}

function exportOf(namespace: unknown, name: string): unknown {
  const direct = valueAt(namespace, name)
  if (typeof direct === 'function') return direct
  const fallback = valueAt(namespace, 'default')
  if (typeof fallback === 'function' && name === 'module.exports') return fallback
  if (typeof namespace === 'function' && name === 'module.exports') return namespace
  return valueAt(fallback, name)
}

function exportNames(namespace: unknown): string[] {
  if (typeof namespace !== 'object' || namespace === null) return []
  return Object.keys(namespace).filter((name) => name !== 'module.exports' && name !== '__esModule')
}

function asCallable(found: unknown): (...args: unknown[]) => unknown {
  // Checked by the callers; what the user's function takes is not known here.
  return found as ((...args: unknown[]) => unknown) & AnyFunction
}
