import type { ModuleExport } from './module-exports.ts'
import { functionsIn } from './path-to.ts'
import type { AnyFunction } from './task-registry.ts'

const KEY = Symbol.for('mpirun-ts.bundled')
const DEPTH = 3

/** Exports of the modules that mpirun-ts has put into one text with a TypeScript program, by URL (cli/program/module-places.ts). */
function bundledModules(): ReadonlyMap<string, object> {
  return (globalThis as { [KEY]?: ReadonlyMap<string, object> })[KEY] ?? new Map<string, object>()
}

export function bundledModule(url: string): object | undefined {
  return bundledModules().get(url)
}

/** The module of those that exports a function, by identity. */
export function bundledExport(fn: AnyFunction): ModuleExport | undefined {
  for (const [url, exports] of bundledModules()) {
    for (const [path, found] of functionsIn(exports, DEPTH, (_name, holder) => holder === exports)) {
      if (found === fn) return { url, path }
    }
  }
  return undefined
}
