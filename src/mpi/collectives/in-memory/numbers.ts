import { MAX, MIN, type Op, PROD, SUM } from '../../operations/reduce-op.ts'
import type { NodeCalls } from './node-calls.ts'

/** Whether a call has a short way for this reduction of a number. Depends on what all ranks give alike: the type of `x` and the operation. */
export function isPlainNumber(x: unknown, op: unknown): boolean {
  return typeof x === 'number' && (op === SUM || op === MAX || op === MIN || op === PROD)
}

/** The numbers of all ranks combined. */
export function combineNumbers({ area, numbers }: NodeCalls, op: Op): number {
  const { size, floats } = area
  for (let member = 0; member < size; member += 1) numbers[member] = floats[area.payloadOffset(member) / 8] ?? 0
  return combineFirst(numbers, size, op)
}

/** The first `count` of `numbers` combined in the order of groups/evaluation-tree.ts; they are lost. */
export function combineFirst(numbers: number[], count: number, op: Op): number {
  for (let distance = 1; distance < count; distance *= 2) {
    for (let i = 0; i + distance < count; i += 2 * distance) {
      numbers[i] = combineTwo(op, numbers[i] ?? 0, numbers[i + distance] ?? 0)
    }
  }
  return numbers[0] ?? 0
}

/** `lower op higher`. */
export function combineTwo(op: Op, lower: number, higher: number): number {
  if (op === SUM) return lower + higher
  if (op === PROD) return lower * higher
  return op === MIN ? Math.min(lower, higher) : Math.max(lower, higher)
}
