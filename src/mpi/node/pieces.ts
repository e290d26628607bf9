import { subview, type View } from '../datatype.ts'
import type { NodeCalls } from './node-calls.ts'
import type { Slices } from './slices.ts'

/** Bytes of a view that are on their way at a time; measured, see docs/collectives.md. */
export const PIECE_BYTES: number = 512 * 1024
/** Two for each member: while others still read one, the next is written. */
const BUFFERS = 2
/** Slices begin at a cache line. */
const LINE_BYTES = 64
/** A view of more pieces takes a new call after so many: area.ts, STEPS_PER_CALL. */
const PIECES_PER_CALL = 32

/** Memory through which views that are too long for a slot pass piece by piece. All ranks are in the same call with the same length. */
export class Pieces {
  private readonly calls: NodeCalls
  private readonly offset: number
  /** By member: byte offset of the elements that are combined. */
  private readonly places: number[]

  constructor(calls: NodeCalls, offset: number) {
    this.calls = calls
    this.offset = offset
    this.places = new Array<number>(calls.area.size).fill(0)
  }

  static bytesFor(size: number): number {
    return size * BUFFERS * PIECE_BYTES
  }

  /**
   * `to` of every rank becomes the combination of `from` of all ranks. Each rank combines its slice of every piece, of which the others give it
   * theirs in memory, and shows them the result there. Returns the number of steps taken in the call.
   */
  combineAll(slices: Slices, memory: View, from: View, to: View): number {
    const { calls } = this
    const { rank, size } = calls.area
    const bytes = from.BYTES_PER_ELEMENT
    const most = PIECE_BYTES / bytes
    let step = 0
    for (let at = 0, piece = 0; at < from.length; at += most, piece += 1) {
      if (piece > 0 && piece % PIECES_PER_CALL === 0) step = calls.renew()
      const count = Math.min(most, from.length - at)
      const begin = this.sliceBegin(rank, count, bytes)
      const end = this.sliceBegin(rank + 1, count, bytes)
      copy(memory, this.place(rank, piece) / bytes, from, at, count)
      step += 1
      calls.step(step)
      calls.awaitSteps(step)
      for (let member = 0; member < size; member += 1) this.places[member] = this.place(member, piece) + begin * bytes
      if (end > begin) slices.combine(this.places, rank, end - begin)
      step += 1
      calls.step(step)
      calls.awaitSteps(step)
      for (let i = 0; i < size; i += 1) {
        const member = (rank + i) % size
        const [first, last] = [this.sliceBegin(member, count, bytes), this.sliceBegin(member + 1, count, bytes)]
        copy(to, at + first, memory, this.place(member, piece) / bytes + first, last - first)
      }
    }
    return step
  }

  /** Byte offset of a member's part of a piece. */
  private place(member: number, piece: number): number {
    return this.offset + (member * BUFFERS + (piece % BUFFERS)) * PIECE_BYTES
  }

  /** First element of a member's slice of a piece of `count` elements. */
  private sliceBegin(member: number, count: number, bytesPerElement: number): number {
    const line = LINE_BYTES / bytesPerElement
    return Math.min(count, Math.ceil(count / this.places.length / line) * line * member)
  }
}

/** Copies elements between views of the same type. */
function copy(to: View, into: number, from: View, at: number, count: number): void {
  if (count > 0) to.set(subview(from, at, at + count) as never, into)
}
