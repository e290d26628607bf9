import type { AlltoallOptions } from './comm.ts'
import type { View } from './datatype.ts'
import type { Options, Request } from './request.ts'

/**
 * Collectives among the neighbours in a grid (MPI 4.1 §8.6). Neighbours are ordered by dimension, in each that of the lower coordinate first:
 * 2 × dims.length of them. Beyond an edge there is none: its place in a result is undefined, its block in a view stays as it is. What goes to
 * the lower neighbour comes from the upper one there, also where both are the same rank. All ranks of the grid call them.
 */
export interface NeighborCalls {
  /** `x` of each neighbour. Throws ERR_TYPE. MPI 4.1 §8.6.1. */
  neighborAllgather<T>(x: T, options?: Options): (T | undefined)[]
  ineighborAllgather<T>(x: T): Request<(T | undefined)[]>
  /** Elements of each neighbour, into blocks of `recv` of the length of `send`. Throws ERR_TYPE, ERR_COUNT, ERR_BUFFER. */
  neighborAllgatherInto(send: View, recv: View, options?: Options): void
  ineighborAllgatherInto(send: View, recv: View): Request<void>
  /** One part for each neighbour, a list or a view in equal blocks; the part that each neighbour has for this rank. ERR_COUNT. MPI 4.1 §8.6.2. */
  neighborAlltoall<T = unknown>(parts: readonly T[] | View, options?: Options): (T | undefined)[]
  ineighborAlltoall<T = unknown>(parts: readonly T[] | View): Request<(T | undefined)[]>
  /** The blocks of both views are equal ones, or as the options say, one for each neighbour. Throws ERR_TYPE, ERR_COUNT, ERR_BUFFER. */
  neighborAlltoallInto(send: View, recv: View, options?: AlltoallOptions): void
  ineighborAlltoallInto(send: View, recv: View, options?: AlltoallOptions): Request<void>
}
