import { Datatype } from '../wire/envelope.ts'
import type { View } from './datatype.ts'
import type { Op } from './reduce-op.ts'

/** `to[t + i] = op(lower[l + i], higher[h + i])` for i < count; all three have the same type, and `to` may be one of the others. */
export type ReduceLoop = (
  to: View,
  toFrom: number,
  lower: View,
  lowerFrom: number,
  higher: View,
  higherFrom: number,
  count: number,
) => void

const integer = { SUM: 'x + y', MIN: 'x < y ? x : y', MAX: 'x > y ? x : y', BAND: 'x & y', BOR: 'x | y', BXOR: 'x ^ y' }
const logical = (one: string, zero: string): Record<string, string> => ({
  LAND: `x && y ? ${one} : ${zero}`,
  LOR: `x || y ? ${one} : ${zero}`,
  LXOR: `!x !== !y ? ${one} : ${zero}`,
})

/** By element type: the predefined operations on it, as expressions of x and y. The store into the array wraps or rounds. */
const expressions = {
  // A product of two 32-bit numbers does not fit a double.
  integer32: { ...integer, ...logical('1', '0'), PROD: 'Math.imul(x, y)' },
  integer: { ...integer, ...logical('1', '0'), PROD: 'x * y' },
  bigint: { ...integer, ...logical('1n', '0n'), PROD: 'x * y' },
  // Math.min and Math.max give NaN where there is one.
  float: { SUM: 'x + y', PROD: 'x * y', MIN: 'Math.min(x, y)', MAX: 'Math.max(x, y)', ...logical('1', '0') },
}

function expressionOf(op: Op, datatype: number): string | undefined {
  const table: Readonly<Record<string, string>> = expressions[family(datatype)]
  return table[op.name]
}

function family(datatype: number): keyof typeof expressions {
  if (datatype === Datatype.int32 || datatype === Datatype.uint32) return 'integer32'
  if (datatype === Datatype.bigInt64 || datatype === Datatype.bigUint64) return 'bigint'
  return datatype === Datatype.float32 || datatype === Datatype.float64 ? 'float' : 'integer'
}

/** Of each operation: its loops by number of datatype, null where it is not defined; a function has one for all types, at 0. */
const compiled = new WeakMap<Op, (ReduceLoop | null | undefined)[]>()

/** The loop of an operation over views of a datatype; null where the operation is not defined on it. */
export function reduceLoop(op: Op, datatype: number): ReduceLoop | null {
  let loops = compiled.get(op)
  if (loops === undefined) {
    loops = new Array<undefined>(Object.keys(Datatype).length).fill(undefined)
    compiled.set(op, loops)
  }
  const at = op.fn === null ? datatype : 0
  const known = loops[at]
  if (known !== undefined) return known
  const loop = op.fn === null ? predefinedLoop(op, datatype) : compile('f(x, y)', op.fn)
  loops[at] = loop
  return loop
}

function predefinedLoop(op: Op, datatype: number): ReduceLoop | null {
  const expression = expressionOf(op, datatype)
  return expression === undefined ? null : compile(expression, null)
}

// Each loop is code of its own: one loop for all operations and types costs 5 to 6 times as much per element.
function compile(expression: string, f: Op['fn']): ReduceLoop {
  const element = `const x = a[l + i], y = b[h + i]; to[t + i] = ${expression}`
  const body = `return function (to, t, a, l, b, h, count) { for (let i = 0; i < count; i += 1) { ${element} } }`
  // The source is one of the constants above, whose type this is.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function('f', body)(f) as ReduceLoop
}
