import { markAsStaying } from '../../wire/library-objects.ts'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/**
 * Makes console.log(), JSON.stringify() and the like show objects of a class as what they are for the program, not as what they are made of. `name`: what messages
 * call them; a bundle may have shortened that of the class. In messages they are refused.
 */
export function showAs<T extends object>(prototype: T, name: string, describe: (one: T) => string): void {
  markAsStaying(prototype, name)
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true })
  const value = function (this: T): string {
    return describe(this)
  }
  Object.defineProperty(prototype, INSPECT, { value, configurable: true })
  // What is behind them has circles, for which JSON.stringify() throws.
  Object.defineProperty(prototype, 'toJSON', { value, configurable: true })
}
