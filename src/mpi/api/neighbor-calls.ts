import type { AlltoallOptions } from './collective-calls.ts'
import type { View } from '../datatypes/datatype.ts'
import type { Strided } from '../datatypes/strided.ts'
import type { Persistent } from '../requests/persistent.ts'
import type { Options, Request } from '../terms/request.ts'

/**
 * Collectives among the neighbours in a grid (MPI 4.1 §8.6). Neighbours are ordered by dimension, in each that of the lower coordinate first:
 * 2 × dims.length of them. Beyond an edge there is none: its place in a result is undefined, its block in a view stays as it is. What goes to
 * the lower neighbour comes from the upper one there, also where both are the same rank. All ranks of the grid call them.
 */
export interface NeighborCalls {
  /** `x` of each neighbour, a list. Blocks until the neighbours have called it. Throws ERR_TYPE. MPI 4.1 §8.6.1. */
  neighborAllgather<T>(x: T, options?: Options): (T | undefined)[]
  /** Awaitable `neighborAllgather`: never blocks. MPI 4.1 §8.7. */
  ineighborAllgather<T>(x: T): Request<(T | undefined)[]>
  /**
   * The `send` of each neighbour in its block of `recv`, which has 2 × dims.length blocks of `send.length` elements. Blocks. Throws
   * ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §8.6.1.
   */
  neighborAllgatherInto(send: View | Strided, recv: View | Strided, options?: Options): void
  /** Awaitable `neighborAllgatherInto`: never blocks. MPI 4.1 §8.7. */
  ineighborAllgatherInto(send: View | Strided, recv: View | Strided): Request<void>
  /**
   * One part for each neighbour, of a list or of a view in equal blocks; returns the part that each neighbour has for this rank. Blocks.
   * Throws ERR_COUNT, ERR_ARG on all ranks. MPI 4.1 §8.6.2.
   */
  neighborAlltoall<T = unknown>(parts: readonly T[] | View | Strided, options?: Options): (T | undefined)[]
  /** Awaitable `neighborAlltoall`: never blocks. MPI 4.1 §8.7. */
  ineighborAlltoall<T = unknown>(parts: readonly T[] | View | Strided): Request<(T | undefined)[]>
  /**
   * Blocks of `send` go to the neighbours, theirs come into blocks of `recv`: equal ones, or as the options say, in elements. Blocks.
   * Throws ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §8.6.2.
   */
  neighborAlltoallInto(send: View | Strided, recv: View | Strided, options?: AlltoallOptions): void
  /** Awaitable `neighborAlltoallInto`: never blocks. MPI 4.1 §8.7. */
  ineighborAlltoallInto(send: View | Strided, recv: View | Strided, options?: AlltoallOptions): Request<void>
  /** `ineighborAllgatherInto`, prepared once and started again and again. MPI 4.1 §8.8. */
  neighborAllgatherInit(send: View | Strided, recv: View | Strided): Persistent
  /** `ineighborAlltoallInto`, prepared once and started again and again. MPI 4.1 §8.8. */
  neighborAlltoallInit(send: View | Strided, recv: View | Strided, options?: AlltoallOptions): Persistent
}
