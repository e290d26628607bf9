import module from 'node:module'
import type { AnyFunction } from './task-registry.ts'

/** The part of node:module that its types leave out. */
interface ModuleCache {
  readonly _cache: Readonly<Record<string, { readonly filename: string; readonly exports: unknown } | undefined>>
}

/** The CommonJS module that exports a function, found by identity. */
export function commonJsExport(fn: AnyFunction): { readonly path: string; readonly name: string } | undefined {
  for (const loaded of Object.values((module as unknown as ModuleCache)._cache)) {
    if (loaded === undefined || loaded.filename === null) continue
    if (loaded.exports === fn) return { path: loaded.filename, name: 'module.exports' }
    const name = nameIn(loaded.exports, fn)
    if (name !== undefined) return { path: loaded.filename, name }
  }
  return undefined
}

function nameIn(exports: unknown, fn: AnyFunction): string | undefined {
  if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return undefined
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(exports))) {
    if (property.value === fn) return name
    // Compiled ES modules export by getters; others may do anything.
    if ('get' in property && name === fn.name && (exports as Record<string, unknown>)[name] === fn) return name
  }
  return undefined
}
