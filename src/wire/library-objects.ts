/*
 * Objects of the library itself in a message. What is behind them (rings, queues, a node's memory) belongs to one rank, so they are refused before
 * an encoder walks through it; those that every rank has under the same name (MPI.SUM, MPI.COMM_WORLD) travel by it.
 */

/** Every copy of the library marks its prototypes with it. */
const STAYS: unique symbol = Symbol.for('mpirun-ts.stays')

const byName = new Map<string, object>()
const names = new Map<object, string>()

/** Objects with this prototype stay where they are. `name`: what errors call them. */
export function markAsStaying(prototype: object, name: string): void {
  Object.defineProperty(prototype, STAYS, { value: name, configurable: true })
}

/** Lets one of them arrive as what its receiver has under the same name. */
export function travelsByName(name: string, object: object): void {
  byName.set(name, object)
  names.set(object, name)
}

/** What messages call it; undefined: it is no object of the library. */
function nameOfStaying(value: object): string | undefined {
  return (value as { readonly [STAYS]?: string })[STAYS]
}

/** The class of all of them, for `instanceof`. */
export class LibraryObject {
  static [Symbol.hasInstance](value: object): boolean {
    return nameOfStaying(value) !== undefined
  }
}

/** The name that it travels by. Throws TypeError where it has none. */
export function nameOfObject(value: object): string {
  const name = names.get(value)
  if (name !== undefined) return name
  const kind = nameOfStaying(value) ?? 'part of the library'
  const reason = kind === 'Strided' ? 'within another value: give its pack()' : 'which belongs to its rank'
  throw new TypeError(`a message cannot carry ${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}, ${reason}`)
}

/** What this program has under a name. Throws RangeError where it has nothing. */
export function objectOfName(name: unknown): object {
  const object = typeof name === 'string' ? byName.get(name) : undefined
  if (object === undefined) throw new RangeError(`there is no ${String(name)} here`)
  return object
}
