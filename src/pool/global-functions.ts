import type { AnyFunction } from './task-registry.ts'

const HOLDERS = ['Math', 'JSON', 'Number', 'String', 'Object', 'Array', 'Date', 'Reflect', 'BigInt', 'Buffer']

/** The path, such as "Math.sqrt", of a function of the language; undefined where it is none. */
export function globalPathOf(fn: AnyFunction): string | undefined {
  const { name } = fn
  if (globalFunction(name) === fn) return name
  return HOLDERS.map((holder) => `${holder}.${name}`).find((path) => globalFunction(path) === fn)
}

export function globalFunction(path: string): unknown {
  let at: unknown = globalThis
  for (const name of path.split('.')) {
    if ((typeof at !== 'object' && typeof at !== 'function') || at === null) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  return at
}
