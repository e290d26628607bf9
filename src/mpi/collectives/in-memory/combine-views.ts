import { loopFor } from '../call/reduction.ts'
import type { CollectiveCall } from '../call/signature.ts'
import { datatypeOf, type View } from '../../datatypes/datatype.ts'
import type { ReduceLoop } from '../../operations/reduce-loops.ts'
import type { Op } from '../../operations/reduce-op.ts'
import type { Options } from '../../terms/request.ts'
import { Place, SLOT_PAYLOAD } from './area/area.ts'
import { writeElements } from './elements.ts'
import type { NodeCalls } from './node-calls.ts'
import type { Pieces } from './pieces.ts'
import { Slices } from './combining/slices.ts'

/** A reduction of views that goes through the area. */
export interface ViewReduction {
  readonly call: CollectiveCall
  readonly from: View
  /** null: this rank gets no result. */
  readonly to: View | null
  readonly op: Op
  /** -1: all ranks get the result. */
  readonly root: number
}

/** Bytes of all ranks together that each of them combines for itself; of more, each combines a slice. Measured, see docs/collectives.md. */
const MOST_COMBINED = 64 * 1024

/** Combines views of the same type and length of all ranks. False: they are too long for the memory that there is, on all ranks. */
export function combineViews(calls: NodeCalls, reduction: ViewReduction, options: Options | undefined): boolean {
  const { call, from, op } = reduction
  const loop = loopFor(calls.members, call, from, op)
  const { byteLength } = from
  if (byteLength <= SLOT_PAYLOAD) {
    combineInSlots(calls, reduction, Place.slot, loop, options)
    return true
  }
  const slot = byteLength * calls.area.size <= MOST_COMBINED ? calls.slots.slotFor(byteLength) : null
  const pieces = slot === null ? calls.pieces() : null
  if (slot !== null) combineInSlots(calls, reduction, slot, loop, options)
  else if (pieces !== null) combineInPieces(calls, reduction, pieces, loop, options)
  return slot !== null || pieces !== null
}

/** Each rank that gets a result combines all slots. */
function combineInSlots(
  calls: NodeCalls,
  { call, from, to, op, root }: ViewReduction,
  slot: number,
  loop: ReduceLoop,
  options: Options | undefined,
): void {
  const { area, froms } = calls
  const datatype = datatypeOf(from)
  const { byteLength, BYTES_PER_ELEMENT: bytes } = from
  const isFunction = op.fn !== null
  try {
    calls.begin({ call, root, op, type: datatype }, options, !isFunction)
    area.beginSteps()
    writeElements(calls.slots.memory(datatype), (calls.slots.payloadIn(slot, area.rank) ?? 0) / bytes, from)
    calls.publish(datatype, slot, byteLength, false)
    if (to !== null || isFunction) {
      calls.awaitAll()
      calls.checkAllLike(datatype, slot, byteLength)
    }
    if (to !== null) {
      for (let member = 0; member < area.size; member += 1) froms[member] = calls.slots.payloadIn(slot, member) ?? 0
      calls.combiner.combine(to, froms, op, loop)
    }
    // A function may throw on one rank alone.
    if (isFunction) calls.meet(1)
    calls.end()
  } catch (error) {
    throw calls.fail(error)
  }
}

/** Each rank combines its slice of every piece. */
function combineInPieces(
  calls: NodeCalls,
  { call, from, to, op, root }: ViewReduction,
  pieces: Pieces,
  loop: ReduceLoop,
  options: Options | undefined,
): void {
  const { area } = calls
  const datatype = datatypeOf(from)
  const memory = calls.slots.memory(datatype)
  try {
    calls.begin({ call, root, op, type: datatype }, options)
    area.beginSteps()
    calls.publish(datatype, Place.pieces, from.byteLength, false)
    calls.awaitAll()
    calls.checkAllLike(datatype, Place.pieces, from.byteLength)
    const slices = new Slices(memory, loop, calls.kernels.find(op, datatype))
    const steps = pieces.combineAll(slices, memory, from, to)
    // A function may throw on one rank alone.
    if (op.fn !== null) calls.meet(steps + 1)
    calls.end()
  } catch (error) {
    throw calls.fail(error)
  }
}
