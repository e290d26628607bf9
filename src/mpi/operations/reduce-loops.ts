import { elementExpression } from '../../wire/element-types.ts'
import { Datatype } from '../../wire/envelope.ts'
import type { View } from '../datatypes/datatype.ts'
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
  const expression = elementExpression(op.name, datatype)
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
