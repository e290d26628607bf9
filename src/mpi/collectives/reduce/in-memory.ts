import { checkRoot } from '../call/arguments.ts'
import { reduceViews } from './by-messages.ts'
import { valueTypes } from '../call/signature.ts'
import type { InPlace } from '../../terms/constants.ts'
import type { View } from '../../datatypes/datatype.ts'
import { type Op, toOp } from '../../operations/reduce-op.ts'
import type { Options } from '../../terms/request.ts'
import { combineNumbers } from '../in-memory/numbers.ts'
import { Place } from '../in-memory/area/area.ts'
import { combineViews } from '../in-memory/combine-views.ts'
import type { NodeCalls } from '../in-memory/node-calls.ts'

/** MPI_Reduce of a number by one of the operations of `isPlainNumber`; undefined but on root. */
export function reduceNumber(
  calls: NodeCalls,
  x: number,
  op: Op,
  root: number,
  options: Options | undefined,
): number | undefined {
  checkRoot(calls.members, 'reduce', root)
  try {
    const { area } = calls
    calls.begin({ call: 'reduce', root, op, type: valueTypes.number }, options, true)
    area.floats[area.payloadOffset(area.rank) / 8] = x
    calls.publish(0, Place.slot, 8, false)
    let result: number | undefined
    if (area.rank === root) {
      calls.awaitAll()
      result = combineNumbers(calls, op)
    }
    calls.end()
    return result
  } catch (error) {
    throw calls.fail(error)
  }
}

/** MPI_Reduce of views. False: they are too long for the memory that there is, on all ranks. */
export function reduceIntoInMemory(
  calls: NodeCalls,
  send: View | InPlace,
  recv: View | null,
  givenOp: unknown,
  root: number,
  options: Options | undefined,
): boolean {
  const { members } = calls
  checkRoot(members, 'reduceInto', root)
  const { contribution, result } = reduceViews(members, 'reduceInto', send, members.rank === root ? recv : null, root)
  const op = toOp(givenOp, calls.engine.rank, 'reduceInto')
  return combineViews(calls, { call: 'reduceInto', from: contribution, to: result, op, root }, options)
}
