import { addExtension, Packr } from 'msgpackr/pack'
import { Unsendable, whyNot } from './unsendable.ts'
import { AnyError, ErrorPlace, errorToRecord, recordToError } from './error-record.ts'
import { decodeList, encodeList, isFlatList } from './flat-list.ts'
import { noMessage } from './flat-shape.ts'
import { decodeObject, encodeObject, flatBytes, isFlatObject, MOST_FLAT_BYTES } from './flat-object.ts'
import { LibraryObject, nameOfObject, objectOfName } from './library-objects.ts'
import { placeOfShared, Shared, sharedAt } from './shared-memory.ts'

/*
 * Values are MessagePack with record structures, so that Map and plain object stay apart and cycles and shared references survive. Plain objects
 * of nothing but numbers, strings, booleans, null and undefined, and lists of such objects, have encodings of their own.
 * Not kept, otherwise than by structuredClone: -0 inside an object or array (a bare -0 is, and one in such a plain object), holes of sparse arrays
 * (they become undefined), lone surrogates, properties of arrays and a property called __proto__. As there: prototypes of classes, symbol keys; a
 * Buffer arrives as Uint8Array.
 */

function refuse(what: string): never {
  throw new TypeError(`a message cannot carry ${what}`)
}

// What was added last is asked first.
addExtension({ Class: Unsendable, type: 0x7f, write: (value: object) => refuse(whyNot(value) ?? 'it') })
addExtension({ Class: LibraryObject, type: 0x6e, write: nameOfObject, read: objectOfName })
addExtension({ Class: AnyError, type: 0x65, write: errorToRecord, read: recordToError })
addExtension({ Class: ErrorPlace, type: 0x66, write: ({ index }: ErrorPlace) => index, read: placeOf })
// Of subclasses: a Map itself needs no extension.
addExtension({
  Class: Map,
  type: 0x6d,
  write: (map: Map<unknown, unknown>) => new Map(map),
  read: (map: unknown) => map,
})

addExtension({ Class: Shared, type: 0x6f, write: placeOfShared, read: sharedAt })

function placeOf(index: number): ErrorPlace {
  return new ErrorPlace(index)
}

const writeFunction = (): never => refuse('a function')

const shared = { moreTypes: true, useToJSON: false, copyBuffers: true, mapsAsObjects: false, writeFunction }
const structured = new Packr({ ...shared, structuredClone: true })
// A primitive needs no table of references, which is a third of the cost of a small message.
const primitive = new Packr(shared)

const NEGATIVE_ZERO = Uint8Array.of(0xcb, 0x80, 0, 0, 0, 0, 0, 0, 0)
const UNDEFINED = Uint8Array.of(0xd4, 0, 0)

// The decoder hangs a DataView on each buffer that it reads; small messages are copied here so that those of one length share one.
const SCRATCH_BYTES = 1024
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
/** By length: its first bytes. */
const scratches: Uint8Array[] = []
let scratchIsBusy = false

/**
 * A value as bytes, for `decode`. Calls getters, maybe more than once. Nothing changes the bytes later; the caller must not either.
 * Throws TypeError where the value holds a function, a symbol, a promise or another thing that cannot travel.
 */
export function encode(value: unknown): Uint8Array {
  if (value === undefined) return UNDEFINED
  if (Object.is(value, -0)) return NEGATIVE_ZERO
  if (typeof value !== 'object' || value === null) return encodePrimitive(value)
  const length = encodeObject(value)
  return length > 0 ? flatBytes.slice(0, length) : encodeStructured(value)
}

export const MOST_BRIEF_BYTES: number = MOST_FLAT_BYTES
const brief: Uint8Array[] = []

/** As `encode`, but where there are no more than `MOST_BRIEF_BYTES`, the next call of either may change the bytes. */
export function encodeBriefly(value: unknown): Uint8Array {
  if (typeof value !== 'object' || value === null) return encode(value)
  const length = encodeObject(value)
  if (length === 0) return encodeStructured(value)
  // Views are made once for each length: that takes longer than to encode a small object.
  const bytes = brief[length]
  if (bytes !== undefined) return bytes
  while (brief.length <= MOST_FLAT_BYTES) brief.push(flatBytes.subarray(0, brief.length))
  return brief[length] as Uint8Array
}

function encodePrimitive(value: unknown): Uint8Array {
  try {
    return primitive.pack(value)
  } catch (error) {
    throw asRefusal(error)
  }
}

function encodeStructured(value: object): Uint8Array {
  try {
    return (Array.isArray(value) ? encodeList(value) : null) ?? structured.pack(value)
  } catch (error) {
    throw asRefusal(error)
  }
}

/** What msgpackr throws for a symbol, in words as for other things that cannot travel. */
function asRefusal(error: unknown): unknown {
  const isSymbol = error instanceof Error && error.message === 'Unknown type: symbol'
  return isSymbol ? new TypeError('a message cannot carry a symbol') : error
}

/** Whether bytes can be decoded with no call into a program's code, and at once. */
export function isQuicklyDecoded(bytes: Uint8Array): boolean {
  return bytes.byteLength > 3 && isFlatObject(bytes)
}

/**
 * The value that `encode` was given; shares no memory with `bytes`. Throws TypeError on bytes that `encode` did not make, in a time and with
 * memory that go with their number.
 */
export function decode(bytes: Uint8Array): unknown {
  const length = bytes.byteLength
  if (length === 3 && bytes[0] === 0xd4 && bytes[1] === 0) return undefined
  if (length > 3 && isFlatObject(bytes)) return decodeObject(bytes)
  if (length > 3 && isFlatList(bytes)) return decodeList(bytes)
  if (length > SCRATCH_BYTES || scratchIsBusy) return unpackWhole(structured, bytes)
  scratchIsBusy = true
  try {
    scratch.set(bytes)
    scratches[length] ??= scratch.subarray(0, length)
    return unpackWhole(structured, scratches[length])
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

/** The message that `encodeControl` was given. The caller checks its shape: the bytes come from outside. Throws on bytes that are no value. */
export function decodeControl(bytes: Uint8Array): unknown {
  return unpackWhole(control, bytes)
}

/**
 * The one value that fills `bytes`. unpack() says of bytes behind it what the value is as JSON, for which a small message with shared references
 * can need longer than anybody lives.
 */
function unpackWhole(packr: Packr, bytes: Uint8Array): unknown {
  let value: unknown
  let end = -1
  try {
    packr.unpackMultiple(bytes, (first: unknown, _start?: number, behind?: number) => {
      value = first
      end = behind ?? -1
      return false
    })
  } catch (error) {
    // A stack overflow: nested too deeply.
    if (error instanceof RangeError) throw new TypeError('these bytes are cut off, or nested too deeply')
  }
  if (end !== bytes.length) throw noMessage()
  return value
}
