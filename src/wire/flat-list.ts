import { compile, FLAT_MARK, headLength, literal, noMessage, type Shape, shapeIn, shapeOf } from './flat-shape.ts'

/*
 * A list of plain objects of one shape, whose fields are numbers, strings or booleans, each field of one type in all of them, is written column by
 * column (docs/decisions/0025-flat-messages.md), with functions compiled for the shape:
 *
 *   head     as of one object (flat-shape.ts), with FLAT_LIST as its kind
 *   uint32   count of objects
 *   uint8    for each field a ColumnType
 *   columns  int32: 4 bytes, float64: 8 bytes, boolean: 1 byte each; text: uint32 lengths, uint32 bytes, then all characters in a row
 *
 * Each part begins at a multiple of 8. Everything is little-endian.
 */

export const FLAT_LIST = 2
/** To compile functions for a shape takes as long as to write a shorter list in MessagePack a few times. */
const LEAST_COUNT = 64
const MOST_COUNT = 2 ** 22
/** A string of the list keeps the memory of its whole column alive, so columns have an end. */
const MOST_CHARACTERS = 2 ** 20

const ColumnType = { int32: 0, float64: 1, boolean: 2, latin1: 3, utf16: 4 } as const

type Kind = 'number' | 'boolean' | 'string'
/** Numbers and booleans, or lengths of strings, of all objects. */
type Column = Float64Array | Uint8Array | Uint32Array
type ReadColumn = Float64Array | Int32Array | Uint8Array | Uint32Array
/** Fills columns; the texts of all strings, by field, or null where an object differs from the first. */
type Collect = (
  list: readonly unknown[],
  columns: readonly Column[],
  keys: readonly string[],
  plain: object,
) => string[] | null
type Build = (count: number, columns: readonly ReadColumn[], texts: readonly string[]) => object[]

const collectors = new Map<string, Collect | null>()
const builders = new Map<Shape, Map<string, Build | null>>()
/** With more functions than these all are forgotten. */
const MOST_COMPILED = 256

/** The list as bytes of their own; null where it is none of these. */
export function encodeList(list: readonly unknown[]): Uint8Array | null {
  const count = list.length
  if (count < LEAST_COUNT || count > MOST_COUNT || Object.getPrototypeOf(list) !== Array.prototype) return null
  const first = list[0]
  if (typeof first !== 'object' || first === null || Object.getPrototypeOf(first) !== Object.prototype) return null
  const kinds: Kind[] = []
  for (const value of Object.values(first)) {
    const kind = typeof value
    if (kind !== 'number' && kind !== 'boolean' && kind !== 'string') return null
    kinds.push(kind)
  }
  const keys = Object.keys(first)
  const shape = keys.length === 0 ? null : shapeOf(keys)
  const collect = shape === null ? null : collectorOf(shape, kinds)
  if (shape === null || collect === null) return null
  const columns = kinds.map((kind) => columnOf(kind, count))
  const texts = collect(list, columns, shape.keys, Object.prototype)
  // A getter may have changed the list. An object that is in it twice must arrive as one.
  if (texts === null || list.length !== count || !(columns.some(isRising) || new Set(list).size === count)) return null
  return writeColumns(shape, kinds, columns, texts, count)
}

function columnOf(kind: Kind, count: number): Column {
  if (kind === 'number') return new Float64Array(count)
  return kind === 'boolean' ? new Uint8Array(count) : new Uint32Array(count)
}

/** Whether no number is in a column twice, seen in one pass: then no object is in the list twice. */
function isRising(column: Column): boolean {
  if (!(column instanceof Float64Array)) return false
  for (let i = 1; i < column.length; i += 1) if (!((column[i] as number) > (column[i - 1] as number))) return false
  return true
}

function collectorOf({ keys }: Shape, kinds: readonly Kind[]): Collect | null {
  const name = `${kinds.join()}:${keys.map(literal).join()}`
  const known = collectors.get(name)
  if (known !== undefined) return known
  const fields = keys.map((key, i) => {
    const check = `const v${i} = o[${literal(key)}]; if (typeof v${i} !== '${kinds[i]}') return null`
    if (kinds[i] !== 'string') return `${check}; c${i}[i] = v${i};`
    return `${check}; c${i}[i] = v${i}.length; t${i} += v${i};`
  })
  const body = `
    ${keys.map((_, i) => `const c${i} = columns[${i}]; let t${i} = '';`).join('\n')}
    const getPrototypeOf = Object.getPrototypeOf
    for (let i = 0; i < list.length; i++) {
      const o = list[i]
      if (typeof o !== 'object' || o === null || getPrototypeOf(o) !== plain) return null
      let k = 0
      for (const key in o) if (key !== keys[k++]) return null
      if (k !== ${keys.length}) return null
      ${fields.join('\n')}
    }
    return [${keys.map((_, i) => `t${i}`).join(', ')}]`
  const collect = compile<Collect>(['list', 'columns', 'keys', 'plain'], body)
  if (collectors.size >= MOST_COMPILED) collectors.clear()
  collectors.set(name, collect)
  return collect
}

function writeColumns(
  shape: Shape,
  kinds: readonly Kind[],
  columns: readonly Column[],
  texts: readonly string[],
  count: number,
): Uint8Array | null {
  const types = kinds.map((kind, i) => typeOf(kind, columns[i] as Column, texts[i] as string))
  const typesAt = aligned(shape.head.length) + 4
  let length = aligned(typesAt + types.length)
  for (const [i, type] of types.entries()) {
    const text = texts[i] as string
    if (text.length > MOST_CHARACTERS) return null
    length = aligned(length + columnBytes(type, count, text.length))
  }
  const bytes = Buffer.allocUnsafeSlow(length)
  bytes.set(shape.head)
  bytes[1] = FLAT_LIST
  bytes.writeUInt32LE(count, typesAt - 4)
  bytes.set(types, typesAt)
  let at = aligned(typesAt + types.length)
  for (const [i, type] of types.entries()) {
    const text = texts[i] as string
    writeColumn(bytes, at, type, columns[i] as Column, text)
    at = aligned(at + columnBytes(type, count, text.length))
  }
  return bytes
}

function typeOf(kind: Kind, column: Column, text: string): number {
  if (kind === 'boolean') return ColumnType.boolean
  // As many bytes as characters: ASCII alone.
  if (kind === 'string') return Buffer.byteLength(text) === text.length ? ColumnType.latin1 : ColumnType.utf16
  for (let i = 0; i < column.length; i += 1) {
    const value = column[i] as number
    if ((value | 0) !== value || (value === 0 && 1 / value < 0)) return ColumnType.float64
  }
  return ColumnType.int32
}

function columnBytes(type: number, count: number, characters: number): number {
  if (type === ColumnType.float64) return 8 * count
  if (type === ColumnType.boolean) return count
  const words = 4 * count
  return type === ColumnType.int32 ? words : words + 4 + characters * (type === ColumnType.utf16 ? 2 : 1)
}

function writeColumn(bytes: Buffer, at: number, type: number, column: Column, text: string): void {
  const { buffer } = bytes
  const count = column.length
  if (type === ColumnType.boolean) bytes.set(column, at)
  else if (type === ColumnType.float64) new Float64Array(buffer, at, count).set(column)
  else if (type === ColumnType.int32) new Int32Array(buffer, at, count).set(column)
  else {
    new Uint32Array(buffer, at, count).set(column)
    const isLatin1 = type === ColumnType.latin1
    bytes.writeUInt32LE(isLatin1 ? text.length : 2 * text.length, at + 4 * count)
    bytes.write(text, at + 4 * count + 4, isLatin1 ? 'latin1' : 'utf16le')
  }
}

/** Whether bytes are those of `encodeList`. */
export function isFlatList(bytes: Uint8Array): boolean {
  return bytes[0] === FLAT_MARK && bytes[1] === FLAT_LIST
}

/** The list that `encodeList` was given. Throws TypeError for bytes that are not as long as they say. */
export function decodeList(given: Uint8Array): object[] {
  const copy = given.byteOffset % 8 === 0 ? given : Uint8Array.from(given)
  const bytes = Buffer.from(copy.buffer, copy.byteOffset, copy.byteLength)
  const shape = shapeIn(bytes)
  const typesAt = aligned(headLength(bytes)) + 4
  let at = aligned(typesAt + shape.keys.length)
  if (at > bytes.length) throw noMessage()
  const count = bytes.readUInt32LE(typesAt - 4)
  const columns: ReadColumn[] = []
  const texts: string[] = []
  let kinds = ''
  for (let i = 0; i < shape.keys.length; i += 1) {
    const type = bytes[typesAt + i] as number
    const characters = charactersOf(bytes, at, type, count)
    const end = at + columnBytes(type, count, characters)
    if (type > ColumnType.utf16 || count > MOST_COUNT || !(end <= bytes.length)) throw noMessage()
    columns.push(columnAt(bytes, at, type, count))
    texts.push(textAt(bytes, at + 4 * count + 4, type, characters))
    kinds += isText(type) ? 's' : type === ColumnType.boolean ? 'b' : 'n'
    at = aligned(end)
  }
  return (builderOf(shape, kinds) ?? buildPlainly(shape, kinds))(count, columns, texts)
}

function isText(type: number): boolean {
  return type === ColumnType.latin1 || type === ColumnType.utf16
}

/** Of the texts of a column at `at`, which may not be there. */
function charactersOf(bytes: Buffer, at: number, type: number, count: number): number {
  if (!isText(type)) return 0
  const textAt = at + 4 * count + 4
  if (textAt > bytes.length) throw noMessage()
  const textBytes = bytes.readUInt32LE(textAt - 4)
  if (type === ColumnType.latin1) return textBytes
  if (textBytes % 2 !== 0) throw noMessage()
  return textBytes / 2
}

function columnAt({ buffer, byteOffset }: Buffer, at: number, type: number, count: number): ReadColumn {
  if (type === ColumnType.float64) return new Float64Array(buffer, byteOffset + at, count)
  if (type === ColumnType.int32) return new Int32Array(buffer, byteOffset + at, count)
  if (type === ColumnType.boolean) return new Uint8Array(buffer, byteOffset + at, count)
  return new Uint32Array(buffer, byteOffset + at, count)
}

function textAt(bytes: Buffer, at: number, type: number, characters: number): string {
  if (type === ColumnType.latin1) return bytes.toString('latin1', at, at + characters)
  return type === ColumnType.utf16 ? bytes.toString('utf16le', at, at + 2 * characters) : ''
}

function builderOf(shape: Shape, kinds: string): Build | null {
  let ofShape = builders.get(shape)
  if (ofShape === undefined) {
    if (builders.size >= MOST_COMPILED) builders.clear()
    ofShape = new Map()
    builders.set(shape, ofShape)
  }
  const known = ofShape.get(kinds)
  if (known !== undefined) return known
  const fields = shape.keys.map((key, i) => {
    if (kinds[i] === 's') return `${literal(key)}: t${i}.substring(p${i}, p${i} += c${i}[i])`
    return `${literal(key)}: c${i}[i]${kinds[i] === 'b' ? ' === 1' : ''}`
  })
  const body = `
    ${shape.keys.map((_, i) => `const c${i} = columns[${i}], t${i} = texts[${i}]; let p${i} = 0;`).join('\n')}
    const list = []
    for (let i = 0; i < count; i++) list.push({${fields.join(', ')}})
    return list`
  const build = compile<Build>(['count', 'columns', 'texts'], body)
  ofShape.set(kinds, build)
  return build
}

/** The same without compiling anything. */
function buildPlainly({ keys }: Shape, kinds: string): Build {
  return (count, columns, texts) => {
    const places = keys.map(() => 0)
    return Array.from({ length: count }, (_, row) => {
      const object: Record<string, unknown> = {}
      for (const [i, key] of keys.entries()) {
        const value = columns[i]?.[row] as number
        const from = places[i] as number
        if (kinds[i] === 's') places[i] = from + value
        object[key] = kinds[i] === 's' ? texts[i]?.slice(from, from + value) : kinds[i] === 'b' ? value === 1 : value
      }
      return object
    })
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}
