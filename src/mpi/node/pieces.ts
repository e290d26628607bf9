import { subview, type View } from '../datatype.ts'
import type { NodeCalls } from './node-calls.ts'
import type { Tree } from './tree.ts'

/** Bytes of a view that are on their way at a time; measured, see docs/collectives.md. */
export const PIECE_BYTES: number = 128 * 1024
/** Two for each member: while others still read one, the next is written. */
const BUFFERS = 2
/** Slices begin at a cache line. */
const LINE_BYTES = 64
/** A view of more pieces takes a new call after so many: area.ts, STEPS_PER_CALL. */
const PIECES_PER_CALL = 1024

/** Memory through which views that are too long for a slot pass piece by piece. All ranks are in the same call with the same length. */
export class Pieces {
  private readonly calls: NodeCalls
  private readonly offset: number
  /** By member: where the elements are that are combined. */
  private readonly views: View[]
  private readonly froms: number[]

  constructor(calls: NodeCalls, offset: number) {
    this.calls = calls
    this.offset = offset
    this.views = new Array<View>(calls.area.size)
    this.froms = new Array<number>(calls.area.size).fill(0)
  }

  static bytesFor(size: number): number {
    return size * BUFFERS * PIECE_BYTES
  }

  /**
   * `to` of every rank becomes the combination of `from` of all ranks. Each rank combines its slice of every piece, of which the others give it
   * theirs in memory, and shows them the result there. Returns the number of steps taken in the call.
   */
  combineAll(tree: Tree, memory: View, from: View, to: View): number {
    const { calls, views, froms } = this
    const { rank } = calls.area
    const bytes = from.BYTES_PER_ELEMENT
    const most = PIECE_BYTES / bytes
    views.fill(memory)
    views[rank] = from
    let step = 0
    for (let at = 0, piece = 0; at < from.length; at += most, piece += 1) {
      if (piece > 0 && piece % PIECES_PER_CALL === 0) step = calls.renew()
      const count = Math.min(most, from.length - at)
      const own = this.place(rank, piece) / bytes
      const begin = this.sliceBegin(rank, count, bytes)
      const end = this.sliceBegin(rank + 1, count, bytes)
      copy(memory, own, from, at, begin)
      copy(memory, own + end, from, at + end, count - end)
      step += 1
      calls.step(step)
      calls.awaitSteps(step)
      for (let member = 0; member < froms.length; member += 1) froms[member] = this.place(member, piece) / bytes + begin
      froms[rank] = at + begin
      // Not into `to`, which may be `from`. Nobody reads this part of this rank's piece before the next step.
      tree.combine(memory, own + begin, views, froms, end - begin)
      step += 1
      calls.step(step)
      calls.awaitSteps(step)
      for (let i = 0; i < froms.length; i += 1) {
        const member = (rank + i) % froms.length
        const [first, last] = [this.sliceBegin(member, count, bytes), this.sliceBegin(member + 1, count, bytes)]
        copy(to, at + first, memory, this.place(member, piece) / bytes + first, last - first)
      }
    }
    views[rank] = memory
    return step
  }

  /** Byte offset of a member's part of a piece. */
  private place(member: number, piece: number): number {
    return this.offset + (member * BUFFERS + (piece % BUFFERS)) * PIECE_BYTES
  }

  /** First element of a member's slice of a piece of `count` elements. */
  private sliceBegin(member: number, count: number, bytesPerElement: number): number {
    const line = LINE_BYTES / bytesPerElement
    return Math.min(count, Math.ceil(count / this.froms.length / line) * line * member)
  }
}

/** Copies elements between views of the same type. */
function copy(to: View, into: number, from: View, at: number, count: number): void {
  if (count > 0) to.set(subview(from, at, at + count) as never, into)
}
