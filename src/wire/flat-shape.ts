/** Most objects that a program sends have one of few shapes; with more than these all are forgotten. */
const MOST_SHAPES = 256
/** How often a shape must be used before a function is compiled for it. */
const USES_BEFORE_COMPILING = 8
const LONGEST_HEAD = 512
const LONGEST_NAME = 0xff
/** Of a head, before the names: mark, kind, length of the head, hash of the names. */
const NAMES_AT = 8
/** The first byte of a flat message: the one that MessagePack never uses. */
export const FLAT_MARK = 0xc1

export type Values = readonly unknown[]

/** Plain objects with these keys in this order. */
export interface Shape {
  readonly keys: readonly string[]
  /** What a message of one object of the shape begins with: mark, kind, uint16 length, uint32 hash, and each key with its length before it. */
  readonly head: Uint8Array
  uses: number
  /** Makes an object of its values; null: not compiled yet, or it cannot be. */
  make: ((values: Values) => object) | null
}

const byFirstKey = new Map<string, Shape>()
const byKeys = new Map<string, Shape>()
const byHash = new Map<number, Shape>()

/** The shape that was last used among those with this first key; null: none. */
export function latestShape(firstKey: string): Shape | null {
  return byFirstKey.get(firstKey) ?? null
}

/** The shape of `keys`; null where it cannot be flat. */
export function shapeOf(keys: readonly string[]): Shape | null {
  // No character of a name is above 0xff.
  const name = keys.join('\u0100')
  let shape = byKeys.get(name) ?? null
  if (shape === null) {
    const head = headOf(keys)
    if (head === null) return null
    shape = { keys, head, uses: 0, make: null }
    if (byKeys.size >= MOST_SHAPES) {
      byKeys.clear()
      byFirstKey.clear()
    }
    byKeys.set(name, shape)
  }
  byFirstKey.set(keys[0] ?? '', shape)
  return shape
}

/** Bytes that say of themselves what they are not. */
export function noMessage(): Error {
  return new TypeError('these bytes are no message of this library')
}

/** The shape that a message names, whose head is at the start of `bytes`. Throws TypeError where that is none. */
export function shapeIn(bytes: Uint8Array): Shape {
  const hash = hashIn(bytes)
  const known = byHash.get(hash)
  if (known !== undefined && hasNamesOf(bytes, known.head)) return known
  const keys: string[] = []
  const headBytes = headLength(bytes)
  if (headBytes < NAMES_AT || headBytes > Math.min(bytes.length, LONGEST_HEAD + 1 + LONGEST_NAME)) throw noMessage()
  for (let at = NAMES_AT; at < headBytes; ) {
    const length = bytes[at] as number
    if (at + 1 + length > headBytes) throw noMessage()
    keys.push(String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length)))
    at += 1 + length
  }
  // A literal would make it the prototype.
  if (keys.length === 0 || keys.includes('__proto__')) throw noMessage()
  const shape = { keys, head: Uint8Array.from(bytes.subarray(0, headBytes)), uses: 0, make: null }
  if (byHash.size >= MOST_SHAPES) byHash.clear()
  byHash.set(hash, shape)
  return shape
}

/** Length of the head at the start of a message. */
export function headLength(bytes: Uint8Array): number {
  return (bytes[2] as number) | ((bytes[3] as number) << 8)
}

/** An object of the shape. */
export function makeObject(shape: Shape, values: Values): object {
  if (shape.make !== null) return shape.make(values)
  shape.uses += 1
  if (shape.uses === USES_BEFORE_COMPILING) {
    shape.make = compile(['v'], `return {${shape.keys.map((key, i) => `${literal(key)}: v[${i}]`).join(', ')}}`)
  }
  const object: Record<string, unknown> = {}
  for (let i = 0; i < shape.keys.length; i += 1) object[shape.keys[i] as string] = values[i]
  return object
}

/** A function of the program `body`; null where the program may not make functions of text (node --disallow-code-generation-from-strings). */
export function compile<F>(parameters: readonly string[], body: string): F | null {
  try {
    // As msgpackr does for its records. Of a message the text has nothing but keys, as literals.
    // oxlint-disable-next-line typescript/no-implied-eval
    return new Function(...parameters, body) as F
  } catch {
    return null
  }
}

/** A key as it stands in the text of a program. */
export function literal(key: string): string {
  return JSON.stringify(key)
}

/** null for keys that are no part of flat messages: too many, too long, beyond Latin-1, or `__proto__`, which no literal can define. */
function headOf(keys: readonly string[]): Uint8Array | null {
  const bytes: number[] = [FLAT_MARK, 0, 0, 0, 0, 0, 0, 0]
  for (const key of keys) {
    if (key === '__proto__' || key.length > LONGEST_NAME) return null
    bytes.push(key.length)
    for (let i = 0; i < key.length; i += 1) bytes.push(key.charCodeAt(i))
    if (bytes.length > LONGEST_HEAD) return null
  }
  if (bytes.some((byte) => byte > 0xff)) return null
  const head = Uint8Array.from(bytes)
  const names = new DataView(head.buffer)
  names.setUint16(2, head.length, true)
  names.setUint32(4, hashOf(head), true)
  return head
}

/** FNV-1a of the names in a head. */
function hashOf(head: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let i = NAMES_AT; i < head.length; i += 1) hash = Math.imul(hash ^ (head[i] as number), 0x01000193)
  return hash >>> 0
}

function hashIn(bytes: Uint8Array): number {
  return (
    ((bytes[4] as number) |
      ((bytes[5] as number) << 8) |
      ((bytes[6] as number) << 16) |
      ((bytes[7] as number) << 24)) >>>
    0
  )
}

function hasNamesOf(bytes: Uint8Array, head: Uint8Array): boolean {
  if (headLength(bytes) !== head.length) return false
  for (let i = NAMES_AT; i < head.length; i += 1) if (bytes[i] !== head[i]) return false
  return true
}
