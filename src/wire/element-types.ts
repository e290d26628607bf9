import { Datatype } from './envelope.ts'

/** A typed array that travels as raw bytes with its element type. */
export type ElementView =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

/** Constructor of an `ElementView`. */
export interface ElementConstructor {
  readonly name: string
  readonly BYTES_PER_ELEMENT: number
  new (length: number): ElementView
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): ElementView
}

/** By number of `Datatype`; index 0 is the encoded value and has no constructor. */
export const elementConstructors: readonly (ElementConstructor | undefined)[] = [
  undefined,
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
]

/** The constructor of a datatype that is not `Datatype.value`. */
export function elementConstructor(datatype: number): ElementConstructor {
  const constructor = elementConstructors[datatype]
  if (constructor === undefined) throw new RangeError(`datatype ${datatype} has no typed array`)
  return constructor
}

const integer = { SUM: 'x + y', MIN: 'x < y ? x : y', MAX: 'x > y ? x : y', BAND: 'x & y', BOR: 'x | y', BXOR: 'x ^ y' }
const logical = (one: string, zero: string): Record<string, string> => ({
  LAND: `x && y ? ${one} : ${zero}`,
  LOR: `x || y ? ${one} : ${zero}`,
  LXOR: `!x !== !y ? ${one} : ${zero}`,
})

/** By kind of element: the predefined operations on it, as expressions of x and y. The store into the array wraps or rounds. */
const expressions = {
  // A product of two 32-bit numbers does not fit a double.
  integer32: { ...integer, ...logical('1', '0'), PROD: 'Math.imul(x, y)' },
  integer: { ...integer, ...logical('1', '0'), PROD: 'x * y' },
  bigint: { ...integer, ...logical('1n', '0n'), PROD: 'x * y' },
  // Math.min and Math.max give NaN where there is one.
  float: { SUM: 'x + y', PROD: 'x * y', MIN: 'Math.min(x, y)', MAX: 'Math.max(x, y)', ...logical('1', '0') },
}

/** A predefined operation on elements of a datatype, as an expression of x and y; undefined where there is none. */
export function elementExpression(operation: string, datatype: number): string | undefined {
  const table: Readonly<Record<string, string>> = expressions[family(datatype)]
  return table[operation]
}

function family(datatype: number): keyof typeof expressions {
  if (datatype === Datatype.int32 || datatype === Datatype.uint32) return 'integer32'
  if (datatype === Datatype.bigInt64 || datatype === Datatype.bigUint64) return 'bigint'
  return datatype === Datatype.float32 || datatype === Datatype.float64 ? 'float' : 'integer'
}
