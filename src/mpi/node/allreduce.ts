import type { InPlace } from '../constants.ts'
import { reduceViews } from '../collectives/reduce.ts'
import { loopFor } from '../collectives/reduction.ts'
import { type CollectiveCall, valueTypes } from '../collectives/signature.ts'
import { datatypeOf, type View, viewConstructor } from '../datatype.ts'
import { MAX, MIN, type Op, PROD, SUM, toOp } from '../reduce-op.ts'
import type { Options } from '../request.ts'
import { Place, SLOT_PAYLOAD } from './area.ts'
import type { NodeCalls } from './node-calls.ts'
import { Slices } from './slices.ts'

/** Whether `allreduceNumber` does this reduction. Depends on what all ranks give alike: the type of `x` and the operation. */
export function isPlainNumber(x: unknown, op: unknown): boolean {
  return typeof x === 'number' && (op === SUM || op === MAX || op === MIN || op === PROD)
}

/** MPI_Allreduce of a number by one of the operations of `isPlainNumber`: each rank combines what lies in the slots. */
export function allreduceNumber(calls: NodeCalls, x: number, op: Op, options: Options | undefined): number {
  try {
    const { area } = calls
    calls.begin({ call: 'allreduce', root: -1, op, type: valueTypes.number }, options)
    area.floats[area.payloadOffset(area.rank) / 8] = x
    calls.publish(0, Place.slot, 8, false)
    calls.awaitAll()
    const result = combineNumbers(calls, op)
    calls.end()
    return result
  } catch (error) {
    throw calls.fail(error)
  }
}

function combineNumbers({ area, numbers }: NodeCalls, op: Op): number {
  const { size, floats } = area
  for (let member = 0; member < size; member += 1) numbers[member] = floats[area.payloadOffset(member) / 8] ?? 0
  for (let distance = 1; distance < size; distance *= 2) {
    for (let i = 0; i + distance < size; i += 2 * distance) {
      numbers[i] = combineTwo(op, numbers[i] ?? 0, numbers[i + distance] ?? 0)
    }
  }
  return numbers[0] ?? 0
}

function combineTwo(op: Op, lower: number, higher: number): number {
  if (op === SUM) return lower + higher
  if (op === PROD) return lower * higher
  return op === MIN ? Math.min(lower, higher) : Math.max(lower, higher)
}

/** A reduction of views that goes through the area. */
interface ViewReduction {
  readonly call: CollectiveCall
  readonly from: View
  readonly to: View
  readonly op: Op
}

/** MPI_Allreduce of a view, in new memory; null: the view is too long for the memory that there is. */
export function allreduceView(calls: NodeCalls, x: View, givenOp: unknown, options: Options | undefined): View | null {
  const op = toOp(givenOp, calls.engine.rank, 'allreduce')
  const to = new (viewConstructor(datatypeOf(x)))(x.length)
  return combineViews(calls, { call: 'allreduce', from: x, to, op }, options) ? to : null
}

/** MPI_Allreduce of views of the same type and length on all ranks; false as above. */
export function allreduceIntoView(
  calls: NodeCalls,
  send: View | InPlace,
  recv: View,
  givenOp: unknown,
  options: Options | undefined,
): boolean {
  const { contribution } = reduceViews(calls.members, 'allreduceInto', send, recv, -1)
  const op = toOp(givenOp, calls.engine.rank, 'allreduceInto')
  return combineViews(calls, { call: 'allreduceInto', from: contribution, to: recv, op }, options)
}

function combineViews(calls: NodeCalls, reduction: ViewReduction, options: Options | undefined): boolean {
  const { call, from, to, op } = reduction
  const loop = loopFor(calls.members, call, from, op)
  const datatype = datatypeOf(from)
  const { length, byteLength, BYTES_PER_ELEMENT: bytes } = from
  const pieces = byteLength <= SLOT_PAYLOAD ? null : calls.pieces()
  if (pieces === null && byteLength > SLOT_PAYLOAD) return false
  const place = pieces === null ? Place.slot : Place.pieces
  const { area, tree } = calls
  const memory = calls.memory(datatype)
  try {
    calls.begin({ call, root: -1, op, type: datatype }, options)
    area.step(0)
    if (pieces === null) writeElements(memory, area.payloadOffset(area.rank) / bytes, from)
    calls.publish(datatype, place, byteLength, false)
    calls.awaitAll()
    calls.checkAllLike(datatype, place, byteLength)
    let steps = 0
    if (pieces === null) {
      tree.use(loop, datatype, SLOT_PAYLOAD / bytes)
      for (let member = 0; member < area.size; member += 1) {
        calls.views[member] = memory
        calls.froms[member] = area.payloadOffset(member) / bytes
      }
      tree.combine(to, 0, calls.views, calls.froms, length)
    } else {
      steps = pieces.combineAll(new Slices(memory, loop, calls.kernels.find(op, datatype)), memory, from, to)
    }
    // A function may throw on one rank alone.
    if (op.fn !== null) calls.meet(steps + 1)
    calls.end()
    return true
  } catch (error) {
    throw calls.fail(error)
  }
}

/** Below this a loop beats `set` (measured). */
const LOOP_ELEMENTS = 16

function writeElements(memory: View, at: number, from: View): void {
  if (from.length > LOOP_ELEMENTS) memory.set(from as never, at)
  else for (let i = 0; i < from.length; i += 1) memory[at + i] = from[i] as never
}
