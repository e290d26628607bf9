import type { Doorbell } from '../shm/doorbell.ts'
import { allocateRingMemory, ringMemoryOf } from '../shm/layout.ts'
import { RingReader, RingWriter } from '../shm/ring.ts'
import { RecordKind } from '../wire/record.ts'
import type { SharedBuffers } from './shared-buffers.ts'

/*
 * A ring holds 2 MiB at most, so a sender would soon wait for a receiver that computes. When the receiver has not read
 * for a while, records go on in an overflow ring, made for the pair at its first need and as large as the credit between two ranks
 * (mpi/credit.ts).
 *
 * Both rings keep their order, and a record says where the stream goes on: `overflow` in the ring (the room for it is kept free), `backToRing`
 * in the overflow ring. The reader follows these records and never looks at the other ring meanwhile, so nothing overtakes and nothing is
 * left behind, however often and whenever the sender changes over.
 */

/** How long a full ring must stay unread before its sender changes over. */
const PATIENCE_MS = 0.2
/** With less than this unread in the overflow ring its sender goes back. */
const NEARLY_READ_BYTES = 64 * 1024
export const OVERFLOW_BYTES: number = 64 * 1024 * 1024

/** Room in a ring for the record that names the overflow ring. */
export const KEPT_BYTES = 16

interface Outlet {
  readonly ring: RingWriter
  readonly bell: Doorbell
  readonly dest: number
  overflow: { readonly id: number; readonly writer: RingWriter } | null
  isInOverflow: boolean
  /** Since when the ring is full and unread, as performance.now(); -1: it is not. */
  fullSince: number
  /** How far the receiver had read then. */
  readThen: number
}

/** The sender's side: which ring the records for each rank of the node go to. */
export class OverflowSender {
  readonly #rank: number
  readonly #buffers: SharedBuffers
  readonly #ringBytes: number
  readonly #outlets = new Map<number, Outlet>()
  #inOverflow = 0
  /** Somebody found a ring full, not for long enough. */
  #isTooEarly = false
  #isOutOfMemory = false

  /** `ringBytes`: of each overflow ring. */
  constructor(rank: number, buffers: SharedBuffers, ringBytes: number) {
    this.#rank = rank
    this.#ringBytes = ringBytes
    this.#buffers = buffers
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
    const outlet = { ring, bell, dest, overflow: null, isInOverflow: false, fullSince: -1, readThen: 0 }
    this.#outlets.set(endpoint, outlet)
  }

  /** The ring of `endpoint` has no room: the overflow ring; null where the sender has to wait. */
  changeOver(endpoint: number): RingWriter | null {
    const outlet = this.#outlets.get(endpoint)
    if (outlet === undefined || outlet.isInOverflow || this.#isOutOfMemory) return null
    if (!this.#isOverdue(outlet)) return null
    const overflow = this.#overflowOf(outlet)
    if (overflow === null || !outlet.ring.tryMark(RecordKind.overflow, this.#rank, overflow.id)) return null
    outlet.fullSince = -1
    outlet.isInOverflow = true
    this.#inOverflow += 1
    return overflow.writer
  }

  /** The ring that the next record goes to: goes back from the overflow ring when its reader has caught up. */
  writerOf(endpoint: number, current: RingWriter): RingWriter {
    const outlet = this.#outlets.get(endpoint)
    if (outlet === undefined || !outlet.isInOverflow) return current
    // Before the reader has come to the overflow ring, the ring is as full as it was.
    if (outlet.ring.unread > 0 || current.unread >= NEARLY_READ_BYTES || !current.reserve(0, 0)) return current
    current.commit(RecordKind.backToRing, this.#rank, outlet.dest, 0)
    outlet.isInOverflow = false
    this.#inOverflow -= 1
    return outlet.ring
  }

  #isOverdue(outlet: Outlet): boolean {
    const now = performance.now()
    const { readSoFar } = outlet.ring
    if (readSoFar !== outlet.readThen || outlet.fullSince < 0) {
      outlet.readThen = readSoFar
      outlet.fullSince = now
    }
    const isOverdue = now - outlet.fullSince >= PATIENCE_MS
    if (!isOverdue) this.#isTooEarly = true
    return isOverdue
  }

  #overflowOf(outlet: Outlet): Outlet['overflow'] {
    if (outlet.overflow !== null) return outlet.overflow
    try {
      const memory = allocateRingMemory(this.#ringBytes)
      // For good: the next change-over uses it again.
      const id = this.#buffers.pin(outlet.dest, memory.memory.buffer)
      outlet.overflow = { id, writer: new RingWriter(memory, 0, 0, outlet.bell) }
    } catch {
      // Then senders wait, as MPI allows.
      this.#isOutOfMemory = true
    }
    return outlet.overflow
  }
}

/** The receiver's side of an overflow ring: `bell` is the sender's. */
export function overflowReader(buffers: SharedBuffers, source: number, id: number, bell: Doorbell): RingReader {
  const buffer = buffers.find(source, id)
  return new RingReader(ringMemoryOf(buffer), 0, 0, bell)
}
