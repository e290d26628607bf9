import type { InPlace } from '../../terms/constants.ts'
import { reduceViews } from '../reduce/by-messages.ts'
import { valueTypes } from '../call/signature.ts'
import { datatypeOf, type View, viewConstructor } from '../../datatypes/datatype.ts'
import { type Op, toOp } from '../../operations/reduce-op.ts'
import type { Options } from '../../terms/request.ts'
import { Place } from '../in-memory/area/area.ts'
import type { NodeCalls } from '../in-memory/node-calls.ts'
import { combineViews } from '../in-memory/combine-views.ts'
import { combineNumbers } from '../in-memory/numbers.ts'

/** MPI_Allreduce of a number by one of the operations of `isPlainNumber`: each rank combines what lies in the slots. */
export function allreduceNumber(calls: NodeCalls, x: number, op: Op, options: Options | undefined): number {
  try {
    const { area } = calls
    calls.begin({ call: 'allreduce', root: -1, op, type: valueTypes.number }, options, true)
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

/** MPI_Allreduce of a view, in new memory; null: the view is too long for the memory that there is. */
export function allreduceView(calls: NodeCalls, x: View, givenOp: unknown, options: Options | undefined): View | null {
  const op = toOp(givenOp, calls.engine.rank, 'allreduce')
  const to = new (viewConstructor(datatypeOf(x)))(x.length)
  return combineViews(calls, { call: 'allreduce', from: x, to, op, root: -1 }, options) ? to : null
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
  return combineViews(calls, { call: 'allreduceInto', from: contribution, to: recv, op, root: -1 }, options)
}
