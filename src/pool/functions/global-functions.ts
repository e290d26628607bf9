import { pathTo, valueAt } from '../modules/path-to.ts'
import type { AnyFunction } from '../modules/task-registry.ts'

/** The path, such as "Math.sqrt", of a function of the language or of Node; undefined where it is none. */
export function globalPathOf(fn: AnyFunction): string | undefined {
  // A bound function is the program's own, wherever it has put it.
  if (fn.name.startsWith('bound ')) return undefined
  return pathTo(globalThis, fn, 1) ?? pathTo(globalThis, fn, 3, isOfNode)
}

/** Objects of Node that stand behind getters; those of the program may do anything. */
function isOfNode(name: string, holder: object): boolean {
  return holder === globalThis && ['process', 'performance', 'crypto'].includes(name)
}

export function globalFunction(path: string): unknown {
  return valueAt(globalThis, path)
}
