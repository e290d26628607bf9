import module from 'node:module'
import { pathToFileURL } from 'node:url'
import type { ModuleExport } from './module-exports.ts'
import { pathTo } from './path-to.ts'
import type { AnyFunction } from './task-registry.ts'

/** The part of node:module that its types leave out. */
interface ModuleCache {
  readonly _cache: Readonly<Record<string, { readonly filename: string; readonly exports: unknown } | undefined>>
}

/** The CommonJS module that exports a function, found by identity, at most `depth` names deep in what it exports. */
export function commonJsExport(fn: AnyFunction, depth: number): ModuleExport | undefined {
  for (const loaded of Object.values((module as unknown as ModuleCache)._cache)) {
    if (loaded === undefined || loaded.filename === null) continue
    const { filename, exports } = loaded
    if (exports === fn) return { url: pathToFileURL(filename).href, path: 'module.exports' }
    // Compiled ES modules export by getters; those of others may do anything.
    const isCompiled =
      (typeof exports === 'object' || typeof exports === 'function') && exports !== null && '__esModule' in exports
    const path = pathTo(exports, fn, depth, (name, holder) => holder === exports && (isCompiled || name === fn.name))
    if (path !== undefined) return { url: pathToFileURL(filename).href, path }
  }
  return undefined
}

/** Public modules of Node that this program has loaded: a function of one that it has not cannot be here. */
function loadedBuiltins(): string[] {
  const { moduleLoadList } = process as unknown as { moduleLoadList?: readonly string[] }
  const loaded = new Set(moduleLoadList?.map((entry) => entry.replace(/^NativeModule /, '')))
  return module.builtinModules.filter((name) => moduleLoadList === undefined || loaded.has(name.replace(/^node:/, '')))
}

/** The module of Node that exports a function, found by identity: `url` such as "node:path". */
export function builtinExport(fn: AnyFunction): { readonly url: string; readonly name: string } | undefined {
  for (const depth of [1, 2]) {
    for (const builtin of loadedBuiltins()) {
      const exports: unknown = process.getBuiltinModule(builtin)
      const url = builtin.startsWith('node:') ? builtin : `node:${builtin}`
      if (exports === fn) return { url, name: 'default' }
      // Some are made when they are first asked for.
      const name = pathTo(exports, fn, depth, (property) => property === fn.name)
      if (name !== undefined) return { url, name }
    }
  }
  return undefined
}
