import type { Doorbell } from '../../shm/doorbell.ts'
import type { RingWriter } from '../../shm/ring.ts'
import { RecordKind } from '../../wire/record.ts'
import { OverflowMemory, type OverflowRing } from './overflow-memory.ts'
import type { SharedBuffers } from '../loans/shared-buffers.ts'

/*
 * A ring holds 2 MiB at most, so a sender would soon wait for a receiver that computes. When the receiver has not read
 * for a while, records go on in a small overflow ring, and when that is full too in a large one, as large as the credit between two ranks
 * (mpi/sending/credit.ts). Most backlogs are short: in a small ring they touch little memory, however long they last.
 *
 * All rings keep their order, and a record says where the stream goes on: `overflow` (the room for it is kept free), `backToRing`
 * in an overflow ring. The reader follows these records and never looks at another ring meanwhile, so nothing overtakes and nothing is
 * left behind, however often and whenever the sender changes over.
 */

/** How long a full ring must stay unread before its sender changes over. */
const PATIENCE_MS = 0.2
/** Of the overflow rings for one rank, in their order. */
export const OVERFLOW_BYTES: readonly number[] = [4 * 1024 * 1024, 64 * 1024 * 1024]
/** With less than this unread in an overflow ring its sender goes back; from a large one sooner, because what goes on there touches ever more of it. */
const NEARLY_READ_BYTES = [64 * 1024, 2 * 1024 * 1024]

interface Outlet {
  readonly endpoint: number
  readonly ring: RingWriter
  readonly bell: Doorbell
  readonly dest: number
  /** The overflow ring in use; null: none is, and `ring` is. */
  overflow: OverflowRing | null
  /** Its place in the order of sizes; -1: none is in use. */
  level: number
  /** Since when the ring in use is full and unread, as performance.now(); -1: it is not. */
  fullSince: number
  /** How far the receiver had read then. */
  readThen: number
}

/** The sender's side: which ring the records for each rank of the node go to. */
export class OverflowSender {
  readonly #rank: number
  readonly #memory: OverflowMemory
  readonly #writers: RingWriter[]
  readonly #outlets = new Map<number, Outlet>()
  #inOverflow = 0
  /** Somebody found a ring full, not for long enough. */
  #isTooEarly = false
  #isOutOfMemory = false

  /** `sizes`: of the overflow rings for one rank, in bytes, the smallest first. `writers`: by endpoint the ring in use, kept up to date here. */
  constructor(rank: number, buffers: SharedBuffers, sizes: readonly number[], writers: RingWriter[]) {
    this.#rank = rank
    this.#writers = writers
    this.#memory = new OverflowMemory(buffers, sizes)
  }

  /** Whether records for any rank go to an overflow ring. */
  get isUsed(): boolean {
    return this.#inOverflow > 0
  }

  /** For how long at most to wait for room, ms: whoever could not change over yet is to try again then. */
  takePatienceMs(): number {
    const patienceMs = this.#isTooEarly ? PATIENCE_MS : Number.POSITIVE_INFINITY
    this.#isTooEarly = false
    return patienceMs
  }

  /** A rank of the node that messages go to: its ring, and its bell. */
  add(endpoint: number, dest: number, ring: RingWriter, bell: Doorbell): void {
    const outlet = { endpoint, ring, bell, dest, overflow: null, level: -1, fullSince: -1, readThen: 0 }
    this.#outlets.set(endpoint, outlet)
  }

  /** The ring in use for `endpoint` has no room: goes on in the overflow ring that follows. False: the sender has to wait. */
  changeOver(endpoint: number): boolean {
    const outlet = this.#outlets.get(endpoint)
    if (outlet === undefined || outlet.level + 1 >= this.#memory.levels || this.#isOutOfMemory) return false
    const full = outlet.overflow?.writer ?? outlet.ring
    if (!this.#isOverdue(outlet, full)) return false
    // Others may be done with theirs, and have had nothing to send since.
    if (this.isUsed) for (const other of this.#outlets.values()) if (other !== outlet) this.#goBack(other)
    const level = outlet.level + 1
    const overflow = this.#take(level, outlet)
    if (overflow === null) return false
    if (!full.tryMark(RecordKind.overflow, this.#rank, overflow.id)) {
      this.#memory.leave(level, overflow)
      return false
    }
    if (outlet.overflow === null) this.#inOverflow += 1
    else this.#memory.leave(outlet.level, outlet.overflow)
    outlet.fullSince = -1
    outlet.level = level
    outlet.overflow = overflow
    this.#writers[endpoint] = overflow.writer
    return true
  }

  /** Before a record is sent: goes back from the overflow ring when its reader has caught up. */
  catchUp(endpoint: number): void {
    const outlet = this.#outlets.get(endpoint)
    if (outlet !== undefined) this.#goBack(outlet)
  }

  #goBack(outlet: Outlet): void {
    const { ring, overflow, level, dest, endpoint } = outlet
    if (overflow === null) return
    const { writer } = overflow
    // Before the reader has come to the overflow ring, the ring is as full as it was.
    if (ring.unread > 0 || writer.unread >= (NEARLY_READ_BYTES[level] ?? 0) || !writer.reserve(0, 0)) return
    writer.commit(RecordKind.backToRing, this.#rank, dest, 0)
    this.#memory.leave(level, overflow)
    outlet.overflow = null
    outlet.level = -1
    outlet.fullSince = -1
    this.#writers[endpoint] = ring
    this.#inOverflow -= 1
  }

  #isOverdue(outlet: Outlet, { readSoFar }: RingWriter): boolean {
    const now = performance.now()
    if (readSoFar !== outlet.readThen || outlet.fullSince < 0) {
      outlet.readThen = readSoFar
      outlet.fullSince = now
    }
    const isOverdue = now - outlet.fullSince >= PATIENCE_MS
    if (!isOverdue) this.#isTooEarly = true
    return isOverdue
  }

  #take(level: number, { dest, bell }: Outlet): OverflowRing | null {
    try {
      return this.#memory.take(level, dest, bell)
    } catch {
      // Then senders wait, as MPI allows.
      this.#isOutOfMemory = true
      return null
    }
  }
}
