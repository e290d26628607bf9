const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** Makes console.log() and the like show objects of a class as what they are for the program, not as what they are made of. */
export function showAs<T extends object>(prototype: T, describe: (one: T) => string): void {
  const value = function (this: T): string {
    return describe(this)
  }
  Object.defineProperty(prototype, INSPECT, { value, configurable: true })
}
