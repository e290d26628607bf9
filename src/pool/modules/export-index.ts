import module, { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { loadedModuleUrls, scriptOf } from './inspector.ts'
import { mainPath } from './main-module.ts'
import type { ModuleExport } from './module-exports.ts'
import { functionsIn } from './path-to.ts'
import type { AnyFunction } from './task-registry.ts'

const DEPTH = 3
const index = new WeakMap<AnyFunction, ModuleExport>()
const seen = new Set<string>()

/**
 * The loaded ES module that exports a function, whoever has made it: `export default add(1)`. For functions that nothing else has found, because it looks
 * at all modules, 0.1 ms each. require() gives a loaded ES module as it is, without running it again; a module that still runs, or that has
 * awaited at its top level, it refuses, and such a module is left out.
 */
export function loadedModuleExport(fn: AnyFunction): ModuleExport | undefined {
  if (!isPlainRequire()) return undefined
  const require = createRequire(pathToFileURL(`${process.cwd()}/`))
  for (const url of loadedModuleUrls()) {
    if (seen.has(url) || !/^file:.*\.m?js$/.test(url) || fileURLToPath(url) === mainPath()) continue
    seen.add(url)
    let exports: unknown
    try {
      exports = require(fileURLToPath(url))
    } catch {
      continue
    }
    for (const [path, found] of functionsIn(exports, DEPTH)) if (!index.has(found)) index.set(found, { url, path })
  }
  return index.get(fn)
}

/** Whether require() is Node's own: those of loaders and test runners would run a module once more. */
function isPlainRequire(): boolean {
  const { features } = process as { features: { require_module?: boolean } }
  const { _extensions } = module as unknown as { _extensions: Record<string, AnyFunction | undefined> }
  const load = _extensions['.js']
  if (features.require_module !== true || load === undefined) return false
  if ('JEST_WORKER_ID' in process.env || 'VITEST' in process.env) return false
  return scriptOf(load)?.url.startsWith('node:') === true
}
