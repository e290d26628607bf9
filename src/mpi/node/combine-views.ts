import { loopFor } from '../collectives/reduction.ts'
import type { CollectiveCall } from '../collectives/signature.ts'
import { datatypeOf, type View } from '../datatype.ts'
import type { Op } from '../reduce-op.ts'
import type { Options } from '../request.ts'
import { Place } from './area.ts'
import { writeElements } from './elements.ts'
import type { NodeCalls } from './node-calls.ts'
import { Slices } from './slices.ts'

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
  const { call, from, to, op, root } = reduction
  const loop = loopFor(calls.members, call, from, op)
  const datatype = datatypeOf(from)
  const { byteLength, BYTES_PER_ELEMENT: bytes } = from
  const { area } = calls
  const slot = byteLength * area.size <= MOST_COMBINED ? calls.slotFor(byteLength) : null
  const pieces = slot === null ? calls.pieces() : null
  if (pieces === null && slot === null) return false
  const place = slot ?? Place.pieces
  const memory = calls.memory(datatype)
  // What needs the others must be there on all ranks.
  const isLonely = to === null && pieces === null && op.fn === null
  try {
    calls.begin({ call, root, op, type: datatype }, options, pieces === null && op.fn === null)
    area.beginSteps()
    if (pieces === null) writeElements(memory, (calls.payloadIn(slot, area.rank) ?? 0) / bytes, from)
    calls.publish(datatype, place, byteLength, false)
    if (!isLonely) {
      calls.awaitAll()
      calls.checkAllLike(datatype, place, byteLength)
    }
    let steps = 0
    if (pieces !== null) {
      const slices = new Slices(memory, loop, calls.kernels.find(op, datatype))
      steps = pieces.combineAll(slices, memory, from, to)
    } else if (to !== null) {
      for (let member = 0; member < area.size; member += 1) calls.froms[member] = calls.payloadIn(slot, member) ?? 0
      calls.combiner.combine(to, calls.froms, op, loop)
    }
    // A function may throw on one rank alone.
    if (op.fn !== null) calls.meet(steps + 1)
    calls.end()
    return true
  } catch (error) {
    throw calls.fail(error)
  }
}
