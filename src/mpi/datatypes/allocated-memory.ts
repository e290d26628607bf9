import { markAsMessageMemory } from '../../wire/shared-memory.ts'
import { SharedGarbage } from '../../base/shared-garbage.ts'
import { datatypeOfConstructor, type ViewConstructor } from './datatype.ts'
import { show } from '../terms/in-words.ts'
import { MPIError } from '../terms/mpi-error.ts'

/** Small allocations come from slabs of this size; what is larger than a quarter of it has a buffer of its own. */
const SLAB_BYTES = 2 ** 20
const LARGEST_IN_SLAB = SLAB_BYTES / 4
/** A cache line, so that two allocations never share one. */
const ALIGNMENT = 64

/** A place in shared memory. */
export interface Allocation {
  readonly buffer: SharedArrayBuffer
  readonly byteOffset: number
}

/**
 * Memory that other threads can be given (MPI.alloc). Nothing is ever handed out twice: the garbage collector frees a buffer when its last view
 * is gone, so that a part of an allocation (`subarray`) may live as long as it likes.
 */
export class AllocatedMemory {
  private slab: SharedArrayBuffer | null = null
  private used = 0
  private readonly garbage = new SharedGarbage()
  private readonly buffers = new WeakSet<SharedArrayBuffer>()

  /** Zeroed memory at a multiple of 64 bytes. Throws a RangeError where there is none. */
  take(bytes: number): Allocation {
    if (bytes > LARGEST_IN_SLAB) return { buffer: this.newBuffer(bytes), byteOffset: 0 }
    if (this.slab === null || this.used + bytes > SLAB_BYTES) {
      this.slab = this.newBuffer(SLAB_BYTES)
      this.used = 0
    }
    const byteOffset = this.used
    this.used += Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT)
    return { buffer: this.slab, byteOffset }
  }

  /** Whether a buffer came from here. */
  has(buffer: ArrayBufferLike): buffer is SharedArrayBuffer {
    return buffer instanceof SharedArrayBuffer && this.buffers.has(buffer)
  }

  private newBuffer(bytes: number): SharedArrayBuffer {
    this.garbage.came(bytes)
    const buffer = new SharedArrayBuffer(bytes)
    markAsMessageMemory(buffer)
    this.buffers.add(buffer)
    return buffer
  }
}

/** MPI.alloc: `length` elements of zeroed shared memory. Throws ERR_TYPE, ERR_COUNT, ERR_NO_MEM. */
export function allocView<C extends ViewConstructor>(
  memory: AllocatedMemory,
  rank: number,
  constructor: C,
  length: number,
): InstanceType<C> {
  const call = 'alloc'
  const fail = (code: MPIError['code'], reason: string, cause?: unknown): MPIError =>
    new MPIError(code, rank, call, `${call}: ${reason}`, cause === undefined ? undefined : { cause })
  if (datatypeOfConstructor(constructor) === undefined) {
    throw fail('ERR_TYPE', 'the type must be the constructor of a typed array such as Float64Array')
  }
  if (!Number.isInteger(length) || length < 0) {
    throw fail('ERR_COUNT', `length = ${show(length)}; it must be an integer of at least 0`)
  }
  try {
    const { buffer, byteOffset } = memory.take(length * constructor.BYTES_PER_ELEMENT)
    // Its constructor makes the type that it was asked for.
    return new constructor(buffer, byteOffset, length) as InstanceType<C>
  } catch (error) {
    throw fail('ERR_NO_MEM', `there is no memory for ${length} elements of ${constructor.name}`, error)
  }
}
