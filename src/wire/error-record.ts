import { types } from 'node:util'
import { whyNot } from './unsendable.ts'
import { LibraryObject, nameOfObject } from './library-objects.ts'
import { Shared } from './shared-memory.ts'

/*
 * Errors travel with all that they refer to: class, message, stack, cause, own properties, the list of an AggregateError. An error and those that it
 * leads to are written as one list, in which they name each other by their places: MessagePack's own references cannot end in an error that is
 * still being read, and chains of causes may be cycles.
 */

/** The class of all errors, for `instanceof`: also of those of another vm context. */
export class AnyError {
  static [Symbol.hasInstance](value: unknown): value is Error {
    return value instanceof Error || types.isNativeError(value)
  }
}

/** An error within the list that it is written in. */
export class ErrorPlace {
  readonly index: number
  constructor(index: number) {
    this.index = index
  }
}

/** One error of a list. Whatever it leads to holds ErrorPlaces instead of errors. */
type Entry = [
  /** The class of the language that it is of, and its own. */
  base: string,
  className: string,
  name: string,
  message: string,
  stack: string | null,
  /** Absent: []. */
  cause: unknown[],
  own: Record<string, unknown>,
  parts: unknown[] | null,
]

export type ErrorRecord = Entry[]

const LANGUAGE: Readonly<Record<string, new (message?: string) => Error>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
}

/** The error and all that it leads to; the first is the error itself. What cannot travel is left out, and the stack says so. */
export function errorToRecord(error: Error): ErrorRecord {
  const places = new Map<Error, ErrorPlace>()
  const queue: Error[] = []
  const placeOf = (one: Error): ErrorPlace => {
    const known = places.get(one)
    if (known !== undefined) return known
    const place = new ErrorPlace(queue.length)
    places.set(one, place)
    queue.push(one)
    return place
  }
  placeOf(error)
  const record: ErrorRecord = []
  // The queue grows while it is read.
  for (const one of queue) record.push(entryOf(one, placeOf))
  return record
}

function entryOf(error: Error, placeOf: (error: Error) => ErrorPlace): Entry {
  const leftOut: string[] = []
  const copy = (what: string, read: () => unknown): unknown[] => {
    try {
      return [copyOf(read(), placeOf, new Map())]
    } catch (reason) {
      leftOut.push(`${what} (${reason instanceof Error ? reason.message : String(reason)})`)
      return []
    }
  }
  const own: Record<string, unknown> = {}
  for (const key of Object.keys(error)) {
    if (key === 'cause' || key === 'stack' || key === 'message' || key === 'name') continue
    const [value, ...none] = [...copy(key, () => (error as unknown as Record<string, unknown>)[key]), LEFT_OUT]
    if (none.length > 0) define(own, key, value)
  }
  const cause = 'cause' in error ? copy('cause', () => error.cause) : []
  const parts = isAggregate(error) ? error.errors.flatMap((part, i) => copy(`errors[${i}]`, () => part)) : null
  const stack = textOf(() => error.stack)
  const note = leftOut.length === 0 ? '' : `\n    [left out, because it cannot travel: ${leftOut.join(', ')}]`
  const className = textOf(() => error.constructor.name) ?? 'Error'
  const name = textOf(() => error.name) ?? 'Error'
  return [
    baseOf(error),
    className,
    name,
    textOf(() => error.message) ?? '',
    stack === null ? null : stack + note,
    cause,
    own,
    parts,
  ]
}

function isError(value: object): value is Error {
  return value instanceof AnyError
}

const LEFT_OUT = Symbol('left out')

/** By class; in another vm context the classes have the same names. */
function isAggregate(error: Error): error is AggregateError {
  if (error instanceof AggregateError) return true
  return languageName(error) === 'AggregateError' && Array.isArray((error as AggregateError).errors)
}

function baseOf(error: Error): string {
  if (isAggregate(error)) return 'AggregateError'
  if (error instanceof DOMException) return 'DOMException'
  for (const [name, Class] of Object.entries(LANGUAGE)) if (Class !== Error && error instanceof Class) return name
  const name = languageName(error)
  return name !== undefined && name in LANGUAGE ? name : 'Error'
}

/** Of an error of another vm context: the nearest class that is not the program's. */
function languageName(error: object): string | undefined {
  if (error instanceof Error) return undefined
  for (let at: object | null = error; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const name = textOf(() => (at as object).constructor.name)
    if (name !== null && (name in LANGUAGE || name === 'AggregateError')) return name
  }
  return undefined
}

function textOf(read: () => unknown): string | null {
  try {
    const text = read()
    return typeof text === 'string' ? text : null
  } catch {
    // A getter of the program's.
    return null
  }
}

/** A value in which errors are places. Throws TypeError where it holds what cannot travel. */
function copyOf(value: unknown, placeOf: (error: Error) => ErrorPlace, seen: Map<object, unknown>): unknown {
  if (typeof value === 'function') throw new TypeError('a function')
  if (typeof value === 'symbol') throw new TypeError('a symbol')
  if (typeof value !== 'object' || value === null) return value
  if (isError(value)) return placeOf(value)
  const known = seen.get(value)
  if (known !== undefined) return known
  const copy = (part: unknown): unknown => copyOf(part, placeOf, seen)
  if (value instanceof LibraryObject) {
    nameOfObject(value)
    return value
  }
  if (Array.isArray(value)) {
    const list: unknown[] = []
    seen.set(value, list)
    for (const part of value) list.push(copy(part))
    return list
  }
  if (value instanceof Map) {
    const map = new Map<unknown, unknown>()
    seen.set(value, map)
    for (const [key, part] of value) map.set(copy(key), copy(part))
    return map
  }
  if (value instanceof Set) {
    const set = new Set<unknown>()
    seen.set(value, set)
    for (const part of value) set.add(copy(part))
    return set
  }
  if (value instanceof Shared) return value
  const reason = whyNot(value)
  if (reason !== null) throw new TypeError(reason)
  if (isAtom(value)) return value
  const object: Record<string, unknown> = {}
  seen.set(value, object)
  for (const [key, part] of Object.entries(value)) define(object, key, copy(part))
  return object
}

/** Holds no other values. */
function isAtom(value: object): boolean {
  const isMemory = ArrayBuffer.isView(value) || value instanceof ArrayBuffer
  return isMemory || value instanceof Date || value instanceof RegExp
}

/** Sets a property, whatever it is called. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true })
}

/** The first error of a list. Throws on what errorToRecord() did not make. */
export function recordToError(record: ErrorRecord): Error {
  const errors = record.map(([base, , name, message]) => blank(base, name, message))
  const seen = new Set<object>()
  const restore = (value: unknown): unknown => restored(value, errors, seen)
  for (const [i, [base, className, name, message, stack, cause, own, parts]] of record.entries()) {
    const error = errors[i] as Error
    hide(error, 'message', message)
    if (cause.length > 0) hide(error, 'cause', restore(cause[0]))
    if (parts !== null) hide(error, 'errors', parts.map(restore))
    // A class that does not set it is called as its parent; Node's own errors are meant to be.
    const told = name === base && className !== 'NodeError' && className !== '' ? className : name
    if (error.name !== told) hide(error, 'name', told)
    if (stack !== null) hide(error, 'stack', stack)
    for (const [key, value] of Object.entries(own)) define(error, key, restore(value))
  }
  const [first] = errors
  if (first === undefined) throw new RangeError('a list of errors is empty')
  return first
}

function blank(base: string, name: string, message: string): Error {
  if (base === 'AggregateError') return new AggregateError([], message)
  if (base === 'DOMException') return new DOMException(message, name)
  return new (LANGUAGE[base] ?? Error)(message)
}

/** As the language does with what belongs to an error. */
function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true })
}

/** Puts errors in the places that name them. */
function restored(value: unknown, errors: readonly Error[], seen: Set<object>): unknown {
  if (typeof value !== 'object' || value === null || isAtom(value) || value instanceof LibraryObject) return value
  if (value instanceof ErrorPlace) return errors[value.index]
  if (value instanceof Error || seen.has(value)) return value
  seen.add(value)
  const restore = (part: unknown): unknown => restored(part, errors, seen)
  if (value instanceof Map) {
    const entries = [...value]
    value.clear()
    for (const [key, part] of entries) value.set(restore(key), restore(part))
  } else if (value instanceof Set) {
    const parts = [...value]
    value.clear()
    for (const part of parts) value.add(restore(part))
  } else {
    for (const [key, part] of Object.entries(value)) {
      const right = restore(part)
      if (right !== part) define(value, key, right)
    }
  }
  return value
}
