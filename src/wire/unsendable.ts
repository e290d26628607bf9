import { EventEmitter } from 'node:events'

/*
 * A class instance travels as a plain object of its own properties. Where the substance is elsewhere (a Blob, a stream, an iterator, a class of
 * private fields) an empty object would arrive without a word; such values are refused.
 */

// Before Node 22 iterators have the constructor of plain objects, which the encoder takes them for; the standard has meanwhile given them one of
// their own (ECMAScript 2025 §27.1.3.2.1).
const iterators = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object
if (!Object.hasOwn(iterators, 'constructor')) {
  const Iterator = function Iterator(): void {}
  Object.defineProperty(iterators, 'constructor', { value: Iterator, configurable: true, writable: true })
}

/** By prototype: why its objects cannot travel, whatever they hold; null: they can. */
const verdicts = new WeakMap<object, string | null>()

/** The class of values that cannot travel, for `instanceof`; views, dates and the like have encodings of their own. */
export class Unsendable {
  static [Symbol.hasInstance](value: object): boolean {
    return typeof value === 'object' && whyNot(value) !== null
  }
}

/** What it is, as in 'a message cannot carry …'; null: it can travel. `value`: no array, no Map, no plain object. */
export function whyNot(value: object): string | null {
  if (hasEncoding(value)) return null
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return null
  let verdict = verdicts.get(prototype as object)
  if (verdict === undefined) {
    verdict = verdictOn(value)
    verdicts.set(prototype as object, verdict)
  }
  if (verdict !== null) return verdict
  return Object.keys(value).length > 0 ? null : `${describe(value)}, of which nothing would arrive`
}

function hasEncoding(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    Array.isArray(value) ||
    value instanceof Error ||
    value instanceof Date ||
    value instanceof Map ||
    value instanceof Set ||
    value instanceof RegExp ||
    value instanceof ArrayBuffer
  )
}

/** Of objects with the prototype of `value`: those of the language's and Node's own classes cannot travel. */
function verdictOn(value: object): string | null {
  if (value instanceof EventEmitter) return describe(value)
  for (let at: unknown = Object.getPrototypeOf(value); isObject(at) && at !== Object.prototype; ) {
    // Of a class of a program there is no global of the same name that is the class.
    const { constructor: Class } = at
    const isOfPlatform = typeof Class === 'function' && (globalThis as Record<string, unknown>)[Class.name] === Class
    if (isOfPlatform) return describe(value)
    at = Object.getPrototypeOf(at)
  }
  return null
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** 'a Blob', 'a WebAssembly.Module', 'an object of class Point'. */
function describe(value: object): string {
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  const { constructor: Class } = value
  // Iterators and parts of namespaces are known by their tags, all else by its class.
  const name = /[ .]|Generator/.test(tag) || typeof Class !== 'function' ? tag : Class.name
  return `${/^[aeio]/i.test(name) ? 'an' : 'a'} ${name}`
}
