import { loopFor } from '../collectives/reduction.ts'
import type { CollectiveCall } from '../collectives/signature.ts'
import { datatypeOf, type View } from '../datatype.ts'
import type { Op } from '../reduce-op.ts'
import type { Options } from '../request.ts'
import { Place, SLOT_PAYLOAD } from './area.ts'
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

/** Combines views of the same type and length of all ranks. False: they are too long for the memory that there is, on all ranks. */
export function combineViews(calls: NodeCalls, reduction: ViewReduction, options: Options | undefined): boolean {
  const { call, from, to, op, root } = reduction
  const loop = loopFor(calls.members, call, from, op)
  const datatype = datatypeOf(from)
  const { byteLength, BYTES_PER_ELEMENT: bytes } = from
  const pieces = byteLength <= SLOT_PAYLOAD ? null : calls.pieces()
  if (pieces === null && byteLength > SLOT_PAYLOAD) return false
  const place = pieces === null ? Place.slot : Place.pieces
  const { area, tree } = calls
  const memory = calls.memory(datatype)
  // What needs the others must be there on all ranks.
  const isLonely = to === null && pieces === null && op.fn === null
  try {
    calls.begin({ call, root, op, type: datatype }, options, pieces === null && op.fn === null)
    area.beginSteps()
    if (pieces === null) writeElements(memory, area.payloadOffset(area.rank) / bytes, from)
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
      tree.use(loop, datatype, SLOT_PAYLOAD / bytes)
      for (let member = 0; member < area.size; member += 1) {
        calls.views[member] = memory
        calls.froms[member] = area.payloadOffset(member) / bytes
      }
      tree.combine(to, 0, calls.views, calls.froms, from.length)
    }
    // A function may throw on one rank alone.
    if (op.fn !== null) calls.meet(steps + 1)
    calls.end()
    return true
  } catch (error) {
    throw calls.fail(error)
  }
}
