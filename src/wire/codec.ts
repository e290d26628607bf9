import { addExtension, Packr } from 'msgpackr/pack'

/*
 * Values are MessagePack with record structures, so that Map and plain object stay apart and cycles and shared references survive.
 * Not kept: -0 inside an object or array (a bare -0 is), holes of sparse arrays (they become undefined), lone surrogates,
 * prototypes of classes, symbol keys, a Buffer (arrives as Uint8Array).
 */

/** The fields of an Error that travel: name, message, stack, cause, own enumerable properties, parts of an AggregateError. */
type ErrorRecord = [
  string,
  string,
  string | undefined,
  unknown,
  Record<string, unknown> | undefined,
  unknown[] | undefined,
]

const errorClasses: Readonly<Record<string, ErrorConstructor>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
}

function errorToRecord(error: Error): ErrorRecord {
  const own = Object.keys(error).length > 0 ? Object.fromEntries(Object.entries(error)) : undefined
  return [
    error.name,
    error.message,
    error.stack,
    error.cause,
    own,
    error instanceof AggregateError ? error.errors : undefined,
  ]
}

function recordToError([name, message, stack, cause, own, parts]: ErrorRecord): Error {
  const options = cause === undefined ? undefined : { cause }
  const error =
    parts === undefined
      ? new (errorClasses[name] ?? Error)(message, options)
      : new AggregateError(parts, message, options)
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
  if (stack !== undefined) Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true })
  return own === undefined ? error : Object.assign(error, own)
}

function refuse(what: string): never {
  throw new TypeError(`a message cannot carry ${what}`)
}

addExtension({ Class: Error, type: 0x65, write: errorToRecord, read: recordToError })
// These would arrive as empty objects. A promise is the usual mistake: a forgotten await.
for (const Class of [Promise, WeakMap, WeakSet, WeakRef, SharedArrayBuffer]) {
  addExtension({ Class, type: 0x7f, write: () => refuse(`a ${Class.name}`) })
}

const writeFunction = (): never => refuse('a function')

const shared = { moreTypes: true, useToJSON: false, copyBuffers: true, mapsAsObjects: false, writeFunction }
const structured = new Packr({ ...shared, structuredClone: true })
// A primitive needs no table of references, which is a third of the cost of a small message.
const primitive = new Packr(shared)

const NEGATIVE_ZERO = Uint8Array.of(0xcb, 0x80, 0, 0, 0, 0, 0, 0, 0)
const UNDEFINED = Uint8Array.of(0xd4, 0, 0)

// The decoder hangs a DataView on each buffer that it reads; small messages are copied here so that they share one.
const SCRATCH_BYTES = 1024
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
let scratchIsBusy = false

/**
 * A value as bytes, for `decode`. Nothing changes the bytes later; the caller must not either.
 * Throws TypeError where the value holds a function, a symbol, a promise or another thing that cannot travel.
 */
export function encode(value: unknown): Uint8Array {
  if (value === undefined) return UNDEFINED
  if (Object.is(value, -0)) return NEGATIVE_ZERO
  try {
    return typeof value === 'object' && value !== null ? structured.pack(value) : primitive.pack(value)
  } catch (error) {
    if (error instanceof Error && error.message === 'Unknown type: symbol') refuse('a symbol')
    throw error
  }
}

/** The value that `encode` was given; shares no memory with `bytes`. Throws on bytes that `encode` did not make. */
export function decode(bytes: Uint8Array): unknown {
  const length = bytes.byteLength
  if (length === 3 && bytes[0] === 0xd4 && bytes[1] === 0) return undefined
  if (length > SCRATCH_BYTES || scratchIsBusy) return structured.unpack(bytes)
  scratchIsBusy = true
  try {
    scratch.set(bytes)
    return structured.unpack(scratch, length)
  } finally {
    scratchIsBusy = false
  }
}

const control = new Packr({
  useRecords: false,
  variableMapSize: true,
  copyBuffers: true,
  useToJSON: false,
  writeFunction,
})

/** A control message (plain objects, arrays, primitives, Uint8Array; fields may be undefined) as bytes. */
export function encodeControl(message: object): Uint8Array {
  return control.pack(message)
}

/** The message that `encodeControl` was given. The caller checks its shape: the bytes come from outside. */
export function decodeControl(bytes: Uint8Array): unknown {
  return control.unpack(bytes)
}
