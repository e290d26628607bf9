/*
 * Lists that a program gives to a pool. They are taken at the call: what the program does with them afterwards does not matter. What stands in them
 * is copied when its chunk is sent.
 */

/** The items of a call, in a list of the pool's own. Throws TypeError where they are none. */
export function itemsOf(iterable: Iterable<unknown>): unknown[] {
  checkIterable(iterable)
  return [...iterable]
}

/**
 * The items of a call that blocks: an array is used as it is, since copying two million numbers takes a seventh of the time of their map. The program
 * stands still meanwhile; its getters and inputs that run all the same do what they do to CPython's lists.
 */
export function itemsWhileBlocked(iterable: Iterable<unknown>): readonly unknown[] {
  const isPlain = Array.isArray(iterable) && iterable[Symbol.iterator] === Array.prototype[Symbol.iterator]
  return isPlain ? iterable : itemsOf(iterable)
}

/** Throws TypeError where nothing can be iterated, at once. */
export function checkIterable(iterable: unknown): asserts iterable is Iterable<unknown> {
  if (!isIterable(iterable)) throw new TypeError('a pool needs an iterable of tasks: an array, a generator, …')
}

/** Items that are lists of arguments. Throws TypeError where one is none. */
export function argumentListsOf(call: string, iterable: Iterable<unknown>): unknown[] {
  const items = itemsOf(iterable)
  for (let i = 0; i < items.length; i += 1) {
    const item = items[i]
    if (!Array.isArray(item)) items[i] = argumentsOf(`${call}: task ${i}`, item)
  }
  return items
}

/** Arguments as a list of the pool's own. `what`: for the error. Throws TypeError where they are none. */
export function argumentsOf(what: string, list: unknown): unknown[] {
  // Python takes a text for a list of letters; as arguments it is nothing but a mistake.
  if (typeof list === 'object' && isIterable(list)) return [...list]
  throw new TypeError(`${what} is ${named(list)}, it must be a list of arguments: write [${example(list)}]`)
}

function isIterable(value: unknown): value is Iterable<unknown> {
  // Anything but undefined and null has properties.
  return (
    value !== undefined &&
    value !== null &&
    typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function'
  )
}

function named(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' ? 'an object' : typeof value
}

function example(value: unknown): string {
  const isShort = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
  return isShort ? String(value) : typeof value === 'string' ? JSON.stringify(shortened(value)) : '…'
}

function shortened(text: string): string {
  return text.length > 20 ? `${text.slice(0, 20)}…` : text
}
