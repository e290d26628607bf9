import { pathToFileURL } from 'node:url'

/** A function as the pool calls it; what it takes and gives is the user's affair. */
export type AnyFunction = (...args: never[]) => unknown

/** What task() knows, in one thread: every copy of the package finds the same one. */
interface Registry {
  readonly byFunction: Map<AnyFunction, { readonly url: string; readonly name: string }>
  readonly byName: Map<string, AnyFunction>
}

const KEY = Symbol.for('mpirun-ts.tasks')

function registry(): Registry {
  // Only this function writes there.
  const holder = globalThis as { [KEY]?: Registry }
  holder[KEY] ??= { byFunction: new Map(), byName: new Map() }
  return holder[KEY]
}

/** Where a module is: `import.meta`, CommonJS's `module`, a path or a URL. */
export type ModuleLocation = string | { readonly url: string } | { readonly filename: string }

/**
 * Registers functions of a module for pools, whether they are exported or not: `const { addit } = task(import.meta, { addit })`. Returns
 * them. The module must do so each time it is loaded, at its top level. Never blocks.
 */
export function task<T extends Record<string, AnyFunction>>(where: ModuleLocation, functions: T): T {
  const url = urlOf(where)
  const { byFunction, byName } = registry()
  for (const [name, fn] of Object.entries(functions)) {
    if (typeof fn !== 'function') throw new TypeError(`task: "${name}" is ${typeof fn}, it must be a function`)
    byFunction.set(fn, { url, name })
    byName.set(`${url}#${name}`, fn)
  }
  return functions
}

function urlOf(where: ModuleLocation): string {
  const text = typeof where === 'string' ? where : 'url' in where ? where.url : where.filename
  if (typeof text !== 'string' || text === '') {
    throw new TypeError('task: the first argument must be import.meta, or module in CommonJS')
  }
  return text.startsWith('file:') || text.startsWith('data:') ? text : pathToFileURL(text).href
}

/** Where task() was told that a function is. */
export function registeredAs(fn: AnyFunction): { readonly url: string; readonly name: string } | undefined {
  return registry().byFunction.get(fn)
}

/** The function that task() registered under a name in this thread. */
export function registeredTask(url: string, name: string): AnyFunction | undefined {
  return registry().byName.get(`${url}#${name}`)
}
