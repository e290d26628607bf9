import type { Doorbell } from '../../shm/doorbell.ts'
import { allocateRingMemory, ringMemoryOf } from '../../shm/layout.ts'
import { RingReader, RingWriter } from '../../shm/ring.ts'
import type { SharedBuffers } from '../loans/shared-buffers.ts'

/** Room in a ring for the record that names the overflow ring that follows. */
export const KEPT_BYTES = 16

/** An overflow ring in use: records for rank `dest`, which knows it by the number `id`. */
export interface OverflowRing {
  readonly writer: RingWriter
  readonly dest: number
  readonly id: number
  readonly buffer: SharedArrayBuffer
}

/**
 * The overflow rings of one sender. A ring that its reader has read to its end is used again, for whichever rank, and from its start: so there are as many as
 * were once needed at the same time, and of each only what was once unread is resident.
 */
export class OverflowMemory {
  readonly #buffers: SharedBuffers
  readonly #sizes: readonly number[]
  /** By size: rings that nobody uses, the last one used last. */
  readonly #free: SharedArrayBuffer[][]
  /** By size: nothing more is written to them. */
  readonly #left: OverflowRing[][]

  /** `sizes`: of rings, in bytes, the smallest first; powers of two. */
  constructor(buffers: SharedBuffers, sizes: readonly number[]) {
    this.#buffers = buffers
    this.#sizes = sizes
    this.#free = sizes.map(() => [])
    this.#left = sizes.map(() => [])
  }

  get levels(): number {
    return this.#sizes.length
  }

  /** A ring of the size of this number for records to rank `dest`, whose bell is `bell`. Throws RangeError where there is no memory. */
  take(level: number, dest: number, bell: Doorbell): OverflowRing {
    this.#collect(level)
    const buffer = this.#free[level]?.pop() ?? allocateRingMemory(this.#sizes[level] ?? 0).memory.buffer
    const writer = new RingWriter(ringMemoryOf(buffer), 0, 0, bell, KEPT_BYTES)
    writer.restart()
    return { writer, dest, id: this.#buffers.pin(dest, buffer), buffer }
  }

  /** Nothing is written to the ring any more. It is used again when its last record has been read. */
  leave(level: number, ring: OverflowRing): void {
    this.#left[level]?.push(ring)
  }

  #collect(level: number): void {
    const left = this.#left[level] ?? []
    for (let i = left.length - 1; i >= 0; i--) {
      const ring = left[i]
      // The record that leads away is the last one, and its reader never looks at the ring again.
      if (ring === undefined || ring.writer.unread > 0) continue
      left.splice(i, 1)
      this.#buffers.unpin(ring.dest, ring.id)
      this.#free[level]?.push(ring.buffer)
    }
  }
}

/** The receiver's side of an overflow ring, made anew for each use: `bell` is the sender's. */
export function overflowReader(buffers: SharedBuffers, source: number, id: number, bell: Doorbell): RingReader {
  return new RingReader(ringMemoryOf(buffers.find(source, id)), 0, 0, bell)
}
