import type { AnyFunction } from './task-registry.ts'

/** Objects that are looked into for one search. */
const MOST_OBJECTS = 5000

/** Whether a getter is to be called. */
type Reads = (name: string, holder: object) => boolean

/**
 * Where in an object a function is, by identity: "name", or "outer.name" in an object in it, down to `depth` names; undefined where it is not.
 * Getters are not called, except where `reads` says so.
 */
export function pathTo(root: unknown, fn: AnyFunction, depth: number, reads?: Reads): string | undefined {
  for (const [path, value] of functionsIn(root, depth, reads)) if (value === fn) return path
  return undefined
}

/** Functions in an object and in objects in it, down to `depth` names, the nearer ones first. */
export function* functionsIn(
  root: unknown,
  depth: number,
  reads: Reads = () => false,
): Generator<readonly [path: string, fn: AnyFunction]> {
  let level: { readonly path: string; readonly object: object }[] = isHolder(root) ? [{ path: '', object: root }] : []
  const seen = new Set<object>()
  for (let at = 0; at < depth && level.length > 0; at += 1) {
    const next: typeof level = []
    for (const { path, object } of level) {
      if (seen.has(object) || seen.size > MOST_OBJECTS) continue
      seen.add(object)
      for (const [name, value] of valuesOf(object, reads)) {
        // The thread splits the path at its dots.
        if (name.includes('.')) continue
        if (typeof value === 'function') yield [path + name, value as AnyFunction]
        if (isHolder(value)) next.push({ path: `${path}${name}.`, object: value })
      }
    }
    level = next
  }
}

function isHolder(value: unknown): value is object {
  if (typeof value === 'function') return true
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !Array.isArray(value)
}

function* valuesOf(object: object, reads: Reads): Generator<[string, unknown]> {
  let names: readonly string[] = []
  try {
    names = Object.getOwnPropertyNames(object)
  } catch {
    // A proxy may refuse.
  }
  for (const name of names) {
    try {
      const property = Object.getOwnPropertyDescriptor(object, name)
      if (property === undefined) continue
      if (property.get === undefined) yield [name, property.value]
      else if (reads(name, object)) yield [name, (object as Record<string, unknown>)[name]]
    } catch {
      // The getter of somebody else.
    }
  }
}

/** What stands at a path; undefined where there is nothing. */
export function valueAt(root: unknown, path: string): unknown {
  let at = root
  for (const name of path.split('.')) {
    if ((typeof at !== 'object' && typeof at !== 'function') || at === null) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  return at
}
