import { copyElements } from '../../../base/copy-bytes.ts'
import type { View } from '../../datatypes/datatype.ts'
import type { Meeting } from './meeting.ts'
import type { Slices } from './combining/slices.ts'

/** Bytes of a view that are on their way at a time; measured, see docs/collectives.md. */
export const PIECE_BYTES: number = 512 * 1024
/** Two for each member: while others still read one, the next is written. */
const BUFFERS = 2
/** Slices begin at a cache line. */
const LINE_BYTES = 64
/** A view that root spreads passes through its two pieces in smaller ones, so that reading and writing overlap. */
const SPREAD_BYTES = 64 * 1024
const SPREAD_BUFFERS = (BUFFERS * PIECE_BYTES) / SPREAD_BYTES

/** What a rank does in a round of `Pieces.rounds`. */
export interface Round {
  write(round: number): void
  /** When a member has written. */
  read?(round: number, member: number): void
  /** When all have written. */
  readAll?(round: number): void
}

/** Memory through which views that are too long for a slot pass piece by piece. All ranks are in the same call with the same length. */
export class Pieces {
  private readonly meeting: Meeting
  private readonly offset: number
  /** By member: byte offset of the elements that are combined. */
  private readonly places: number[]

  constructor(meeting: Meeting, offset: number) {
    this.meeting = meeting
    this.offset = offset
    this.places = new Array<number>(meeting.area.size).fill(0)
  }

  static bytesFor(size: number): number {
    return size * BUFFERS * PIECE_BYTES
  }

  /**
   * `to` becomes the combination of `from` of all ranks, on every rank that has one. Each rank combines its slice of every piece, of which the others give it
   * theirs in memory, and shows them the result there. Returns the number of steps taken in the call.
   */
  combineAll(slices: Slices, memory: View, from: View, to: View | null): number {
    const { meeting } = this
    const { rank, size } = meeting.area
    const bytes = from.BYTES_PER_ELEMENT
    const most = PIECE_BYTES / bytes
    let step = 0
    for (let at = 0, piece = 0; at < from.length; at += most, piece += 1) {
      const count = Math.min(most, from.length - at)
      const begin = this.sliceBegin(rank, count, bytes)
      const end = this.sliceBegin(rank + 1, count, bytes)
      copyElements(memory, this.place(rank, piece) / bytes, from, at, count)
      step += 1
      meeting.step(step)
      meeting.awaitSteps(step)
      for (let member = 0; member < size; member += 1) this.places[member] = this.place(member, piece) + begin * bytes
      if (end > begin) slices.combine(this.places, rank, end - begin)
      step += 1
      meeting.step(step)
      meeting.awaitSteps(step)
      for (let i = 0; to !== null && i < size; i += 1) {
        const member = (rank + i) % size
        const [first, last] = [this.sliceBegin(member, count, bytes), this.sliceBegin(member + 1, count, bytes)]
        copyElements(to, at + first, memory, this.place(member, piece) / bytes + first, last - first)
      }
    }
    return step
  }

  /** `view` of every rank becomes that of root, which writes ahead of the readers. */
  spread(memory: View, view: View, root: number): void {
    const { meeting } = this
    const bytes = view.BYTES_PER_ELEMENT
    const most = SPREAD_BYTES / bytes
    const first = this.place(root, 0) / bytes
    const isRoot = meeting.area.rank === root
    let step = 0
    for (let at = 0, piece = 0; at < view.length; at += most, piece += 1) {
      const count = Math.min(most, view.length - at)
      const place = first + (piece % SPREAD_BUFFERS) * most
      step += 1
      if (isRoot) {
        // All have read what this place held before.
        if (step > SPREAD_BUFFERS) meeting.awaitSteps(step - SPREAD_BUFFERS)
        copyElements(memory, place, view, at, count)
        meeting.stepForAll(step)
      } else {
        meeting.awaitStepsOf(root, step)
        copyElements(view, at, memory, place, count)
        meeting.step(step)
      }
    }
  }

  /** The block of every rank comes to all. The blocks may differ in length. Returns the number of steps taken in the call. */
  exchange(memory: View, blocks: readonly View[]): number {
    const { rank } = this.meeting.area
    const bytes = memory.BYTES_PER_ELEMENT
    const most = PIECE_BYTES / bytes
    const longest = blocks.reduce((length, block) => Math.max(length, block.length), 0)
    return this.rounds(Math.ceil(longest / most), {
      write: (round) => {
        const own = blocks[rank] ?? memory
        const at = round * most
        copyElements(memory, this.place(rank, round) / bytes, own, at, Math.min(most, own.length - at))
      },
      read: (round, member) => {
        const block = blocks[member] ?? memory
        const at = round * most
        copyElements(block, at, memory, this.place(member, round) / bytes, Math.min(most, block.length - at))
      },
    })
  }

  /**
   * Takes rounds in which each rank writes to its piece and then reads, from each other in turn, what these have written. What the others read of a round
   * stays until all have written two rounds later. Returns the number of steps taken in the call.
   */
  rounds(count: number, round: Round): number {
    const { meeting } = this
    const { rank, size } = meeting.area
    let step = 0
    for (let number = 0; number < count; number += 1) {
      round.write(number)
      step += 1
      meeting.step(step)
      for (let i = 1; i < size; i += 1) {
        const member = (rank + i) % size
        // Also of a member that has written nothing: it has then read the piece whose memory is written next.
        meeting.awaitStepsOf(member, step)
        round.read?.(number, member)
      }
      round.readAll?.(number)
    }
    return step
  }

  /** Bytes of each of `parts` equal parts of a piece, whole cache lines. */
  partBytes(parts: number): number {
    return Math.floor(PIECE_BYTES / parts / LINE_BYTES) * LINE_BYTES
  }

  /** Byte offset of part `part` of `parts` of a member's piece of a round. */
  partPlace(member: number, round: number, parts: number, part: number): number {
    return this.place(member, round) + part * this.partBytes(parts)
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
