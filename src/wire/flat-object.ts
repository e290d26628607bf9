import {
  FLAT_MARK,
  headLength,
  latestShape,
  makeObject,
  noMessage,
  type Shape,
  shapeIn,
  shapeOf,
} from './flat-shape.ts'

/*
 * A small plain object of numbers, short strings, booleans, null and undefined is written as its keys (flat-shape.ts) and a tag with each value:
 * MessagePack with a table for shared references takes ten times as long (docs/decisions/0025-flat-messages.md). No such object can hold a
 * reference that another one shares.
 */

export const FLAT_OBJECT = 1
/** An object that needs more is none of these. */
export const MOST_FLAT_BYTES = 1024
const LONGEST_STRING = 255
/** Up to here a loop beats the call into Node. */
const LOOP_CHARACTERS = 8

const Tag = { undefined: 0, null: 1, false: 2, true: 3, int32: 4, float64: 5, string: 6 } as const
/** The most that a value other than a string takes. */
const MOST_VALUE_BYTES = 9

const scratch = new Uint8Array(MOST_FLAT_BYTES)
const view = new DataView(scratch.buffer)
/** The shape whose head is in `scratch`. */
let headIn: Shape | null = null
/** A getter of an object may send another one. */
let isBusy = false

/** Bytes of the object, which `flatBytes` then shows; 0: it is no flat object. */
export function encodeObject(value: object): number {
  if (isBusy || Object.getPrototypeOf(value) !== Object.prototype) return 0
  isBusy = true
  try {
    const length = write(value, null)
    if (length !== OTHER_KEYS) return length
    const shape = shapeOf(Object.keys(value))
    return shape === null ? 0 : Math.max(0, write(value, shape))
  } finally {
    isBusy = false
  }
}

/** Where the last object is, until the next one is encoded. Nobody writes to it. */
export const flatBytes: Uint8Array = scratch

const OTHER_KEYS = -1

/** Writes an object of this shape, or of the latest that begins with the same key. */
function write(value: object, given: Shape | null): number {
  // Keys are looked up in the object itself.
  const fields = value as Readonly<Record<string, unknown>>
  let shape = given
  let count = 0
  let at = 0
  for (const key in fields) {
    if (count === 0) {
      shape ??= latestShape(key)
      if (shape === null) return OTHER_KEYS
      if (headIn !== shape) begin(shape)
      at = shape.head.length
    }
    if (shape === null || key !== shape.keys[count]) return given === null ? OTHER_KEYS : 0
    at = writeValue(fields[key], at)
    if (at === 0) return 0
    count += 1
  }
  if (shape === null || count === 0) return 0
  return count === shape.keys.length ? at : given === null ? OTHER_KEYS : 0
}

function begin(shape: Shape): void {
  scratch.set(shape.head)
  scratch[1] = FLAT_OBJECT
  headIn = shape
}

/** Where the next value goes; 0: it cannot be flat. */
function writeValue(value: unknown, at: number): number {
  if (at + MOST_VALUE_BYTES > MOST_FLAT_BYTES) return 0
  if (typeof value === 'number') {
    const integer = value | 0
    if (integer === value && (integer !== 0 || 1 / value > 0)) {
      scratch[at] = Tag.int32
      view.setInt32(at + 1, integer, true)
      return at + 5
    }
    scratch[at] = Tag.float64
    view.setFloat64(at + 1, value, true)
    return at + 9
  }
  if (typeof value === 'string') return writeString(value, at)
  const tag =
    value === undefined
      ? Tag.undefined
      : value === null
        ? Tag.null
        : value === true
          ? Tag.true
          : value === false
            ? Tag.false
            : -1
  if (tag === -1) return 0
  scratch[at] = tag
  return at + 1
}

function writeString(text: string, at: number): number {
  const { length } = text
  if (length > LONGEST_STRING || at + 2 + length > MOST_FLAT_BYTES) return 0
  scratch[at] = Tag.string
  scratch[at + 1] = length
  for (let i = 0; i < length; i += 1) {
    const code = text.charCodeAt(i)
    if (code > 0xff) return 0
    scratch[at + 2 + i] = code
  }
  return at + 2 + length
}

/** Messages are read here. A value at the end of one that is cut off may seem to go on. */
const DESK_BYTES = MOST_FLAT_BYTES + 16
const desk = Buffer.alloc(DESK_BYTES)
const numbers = new DataView(desk.buffer, desk.byteOffset, DESK_BYTES)

/** Whether bytes are those of `encodeObject`. */
export function isFlatObject(bytes: Uint8Array): boolean {
  return bytes[0] === FLAT_MARK && bytes[1] === FLAT_OBJECT
}

/** The object that `encodeObject` was given. Throws TypeError for other bytes. */
export function decodeObject(bytes: Uint8Array): object {
  const { length } = bytes
  if (length > MOST_FLAT_BYTES) throw noMessage()
  for (let i = 0; i < length; i += 1) desk[i] = bytes[i] as number
  const shape = shapeIn(desk)
  const values: unknown[] = []
  let at = headLength(desk)
  while (at < length) at = readValue(at, values)
  if (at !== length || values.length !== shape.keys.length) throw noMessage()
  return makeObject(shape, values)
}

/** Reads the value at `at`; where the next one is. */
function readValue(at: number, values: unknown[]): number {
  const tag = desk[at] as number
  if (tag === Tag.int32) {
    values.push(numbers.getInt32(at + 1, true))
    return at + 5
  }
  if (tag === Tag.float64) {
    values.push(numbers.getFloat64(at + 1, true))
    return at + 9
  }
  if (tag === Tag.string) {
    const length = desk[at + 1] as number
    values.push(readString(at + 2, length))
    return at + 2 + length
  }
  values.push(tag === Tag.undefined ? undefined : tag === Tag.null ? null : tag === Tag.true)
  return at + 1
}

function readString(at: number, length: number): string {
  if (length > LOOP_CHARACTERS) return desk.toString('latin1', at, at + length)
  let text = ''
  for (let i = 0; i < length; i += 1) text += String.fromCharCode(desk[at + i] as number)
  return text
}
