import type { MapOptions, ParallelOptions } from './parallel-options.ts'
import type { InPlace } from '../terms/constants.ts'
import type { View } from '../datatypes/datatype.ts'
import type { Strided } from '../datatypes/strided.ts'
import type { Element, OpLike, ViewOp } from '../operations/reduce-op.ts'
import type { Options, Request } from '../terms/request.ts'

/** Where the ranks' blocks lie in a view. */
export interface BlockOptions extends Options {
  /** Elements of each rank's block, `size` numbers; equal blocks by default. */
  counts?: readonly number[]
  /** Index of each block's first element, `size` numbers; by default the blocks lie one behind the other. */
  displs?: readonly number[]
}

/** How long the ranks' blocks in a view are. */
export interface ReduceScatterOptions extends Options {
  /** Elements of each rank's block, `size` numbers; equal blocks by default. */
  counts?: readonly number[]
}

/** Where the blocks of both views of an `alltoallInto` lie; lists of a number for each rank, or neighbour. */
export interface AlltoallOptions extends Options {
  /** Elements that go to each rank; equal blocks by default. */
  sendCounts?: readonly number[]
  /** Index in `send` of the first of them; by default the blocks lie one behind the other. */
  sendDispls?: readonly number[]
  /** Elements that come from each rank: as many as it sends. */
  recvCounts?: readonly number[]
  /** Index in `recv` of the first of them. */
  recvDispls?: readonly number[]
}

/**
 * Collective calls (MPI 4.1 §6): every rank of the communicator makes the same calls in the same order with the same root, operation, type and
 * length; ERR_COLLECTIVE_MISMATCH where it does not. `i` + name never blocks; a view that was given to it belongs to the call until the
 * request is done. A call that fails on one rank fails on all; a rank that has its result already gets the error in its next collective.
 * All throw ERR_COMM, ERR_ARG for options that are none, ERR_TYPE where something cannot travel (on all ranks), ERR_BUFFER for a view whose memory
 * was transferred, ERR_PROC_FAILED where a rank has ended that they need, and ERR_TIMEOUT after `timeout` ms: the collective is then lost, also for
 * ranks that need this one and have not finished it, which get that error too. The next collective works.
 */
export interface CollectiveCalls {
  /** Returns when all ranks have called it. Blocks. MPI 4.1 §6.3. */
  barrier(options?: Options): void
  /** Awaitable `barrier`: never blocks. MPI 4.1 §6.12. */
  ibarrier(): Request<void>
  /** Root's `x` on every rank; what the others give is not looked at. Blocks until it is there. Throws ERR_ROOT, ERR_TYPE. MPI 4.1 §6.4. */
  bcast<T>(x?: T, root?: number, options?: Options): T
  /** Awaitable `bcast`: never blocks. MPI 4.1 §6.12. */
  ibcast<T>(x?: T, root?: number): Request<T>
  /** Root's elements in the view of every rank; all have the same type and length. Blocks. Throws ERR_ROOT, ERR_TYPE. MPI 4.1 §6.4. */
  bcastInto(view: View | Strided, root?: number, options?: Options): void
  /** Awaitable `bcastInto`: never blocks. MPI 4.1 §6.12. */
  ibcastInto(view: View | Strided, root?: number): Request<void>
  /**
   * Part `rank` of root's list, which has a part for each rank, or block `rank` of root's view: length / size elements. What the others
   * give is not looked at. Blocks. Throws ERR_ROOT; on all ranks ERR_COUNT, ERR_ARG where root's cannot be split. MPI 4.1 §6.6.
   */
  scatter<T = unknown>(parts?: readonly T[] | View | Strided | null, root?: number, options?: Options): T
  /** Awaitable `scatter`: never blocks. MPI 4.1 §6.12. */
  iscatter<T = unknown>(parts?: readonly T[] | View | Strided | null, root?: number): Request<T>
  /**
   * Block `rank` of root's `send` in `recv`: equal blocks, or `counts[r]` elements from `displs[r]` on. `send`: size blocks, null on the
   * others. IN_PLACE as `recv` of root leaves its block where it is. Blocks. Throws ERR_ROOT, ERR_TYPE; on all ranks ERR_COUNT, ERR_BUFFER
   * where root's do not fit. MPI 4.1 §6.6.
   */
  scatterInto(
    send: View | Strided | InPlace | null,
    recv: View | Strided | InPlace,
    root?: number,
    options?: BlockOptions,
  ): void
  /** Awaitable `scatterInto`: never blocks. MPI 4.1 §6.12. */
  iscatterInto(
    send: View | Strided | InPlace | null,
    recv: View | Strided | InPlace,
    root?: number,
    options?: BlockOptions,
  ): Request<void>
  /**
   * What each rank gave, a list in rank order, on root; undefined on the others. Root waits for all, the others do not wait. Throws
   * ERR_ROOT, ERR_TYPE. MPI 4.1 §6.5.
   */
  gather<T>(x: T, root?: number, options?: Options): T[] | undefined
  /** Awaitable `gather`: never blocks. MPI 4.1 §6.12. */
  igather<T>(x: T, root?: number): Request<T[] | undefined>
  /**
   * The `send` of rank r in block r of root's `recv`: equal blocks, or `counts[r]` elements from `displs[r]` on; gaps stay as they are.
   * `recv`: null on the others. IN_PLACE as `send` of root: its block is in `recv`. Throws ERR_ROOT, ERR_TYPE; on root ERR_COUNT,
   * ERR_BUFFER, which the others get at the latest in their next collective. MPI 4.1 §6.5.
   */
  gatherInto(send: View | Strided | InPlace, recv: View | Strided | null, root?: number, options?: BlockOptions): void
  /** Awaitable `gatherInto`: never blocks. MPI 4.1 §6.12. */
  igatherInto(
    send: View | Strided | InPlace,
    recv: View | Strided | null,
    root?: number,
    options?: BlockOptions,
  ): Request<void>
  /** What each rank gave, a list in rank order, on every rank. Blocks. Throws ERR_TYPE. MPI 4.1 §6.7. */
  allgather<T>(x: T, options?: Options): T[]
  /** Awaitable `allgather`: never blocks. MPI 4.1 §6.12. */
  iallgather<T>(x: T): Request<T[]>
  /**
   * The `send` of rank r in block r of every `recv`: equal blocks, or `counts[r]` elements from `displs[r]` on; gaps stay as they are.
   * IN_PLACE as `send`: the own block is in `recv`. Blocks. Throws ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.7.
   */
  allgatherInto(send: View | Strided | InPlace, recv: View | Strided, options?: BlockOptions): void
  /** Awaitable `allgatherInto`: never blocks. MPI 4.1 §6.12. */
  iallgatherInto(send: View | Strided | InPlace, recv: View | Strided, options?: BlockOptions): Request<void>
  /**
   * Part `rank` of what each rank gave, a list in rank order. `parts`: a list with a part for each rank, or a view in size equal blocks.
   * Blocks. Throws ERR_COUNT, ERR_ARG on all ranks. MPI 4.1 §6.8.
   */
  alltoall<T = unknown>(parts: readonly T[] | View | Strided, options?: Options): T[]
  /** Awaitable `alltoall`: never blocks. MPI 4.1 §6.12. */
  ialltoall<T = unknown>(parts: readonly T[] | View | Strided): Request<T[]>
  /**
   * Block s of this rank's `send` goes to block `rank` of the `recv` of rank s: equal blocks, or as the options say, in elements; gaps
   * stay as they are. IN_PLACE as `send`: `recv` holds what is to be sent, in the blocks of the receive side. Blocks. Throws ERR_TYPE,
   * ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.8.
   */
  alltoallInto(send: View | Strided | InPlace, recv: View | Strided, options?: AlltoallOptions): void
  /** Awaitable `alltoallInto`: never blocks. MPI 4.1 §6.12. */
  ialltoallInto(send: View | Strided | InPlace, recv: View | Strided, options?: AlltoallOptions): Request<void>
  /**
   * `x` of all ranks combined in the order ((0+1)+(2+3))+…, on root; undefined on the others. Views of the same type and length are
   * combined element by element, into a new one. Root waits for all. Throws ERR_ROOT, ERR_OP, ERR_TYPE; what a function throws is thrown
   * there, and ERR_OTHER on the others. MPI 4.1 §6.9.1.
   */
  reduce<T>(x: T, op?: OpLike<Element<T>>, root?: number, options?: Options): T | undefined
  /** Awaitable `reduce`: never blocks. MPI 4.1 §6.12. */
  ireduce<T>(x: T, op?: OpLike<Element<T>>, root?: number): Request<T | undefined>
  /**
   * `reduce` of views, into root's `recv` of the same type and length; null on the others. IN_PLACE as `send` of root: its contribution is
   * in `recv`. Throws ERR_ROOT, ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.9.1.
   */
  reduceInto(
    send: View | Strided | InPlace,
    recv: View | Strided | null,
    op?: ViewOp,
    root?: number,
    options?: Options,
  ): void
  /** Awaitable `reduceInto`: never blocks. MPI 4.1 §6.12. */
  ireduceInto(send: View | Strided | InPlace, recv: View | Strided | null, op?: ViewOp, root?: number): Request<void>
  /** Like `reduce`, on every rank, with the same bits. Blocks. Throws ERR_OP, ERR_TYPE. MPI 4.1 §6.9.6. */
  allreduce<T>(x: T, op?: OpLike<Element<T>>, options?: Options): T
  /** Awaitable `allreduce`: never blocks. MPI 4.1 §6.12. */
  iallreduce<T>(x: T, op?: OpLike<Element<T>>): Request<T>
  /**
   * `allreduce` of views, into `recv` of the same type and length. IN_PLACE as `send`: the contribution is in `recv`. Blocks. Throws
   * ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.9.6.
   */
  allreduceInto(send: View | Strided | InPlace, recv: View | Strided, op?: ViewOp, options?: Options): void
  /** Awaitable `allreduceInto`: never blocks. MPI 4.1 §6.12. */
  iallreduceInto(send: View | Strided | InPlace, recv: View | Strided, op?: ViewOp): Request<void>
  /** `x` of ranks 0 to this one combined. Blocks until these have called it. Throws ERR_OP, ERR_TYPE. MPI 4.1 §6.11.1. */
  scan<T>(x: T, op?: OpLike<Element<T>>, options?: Options): T
  /** Awaitable `scan`: never blocks. MPI 4.1 §6.12. */
  iscan<T>(x: T, op?: OpLike<Element<T>>): Request<T>
  /**
   * `scan` of views, into `recv` of the same type and length. IN_PLACE as `send`: the contribution is in `recv`. Blocks. Throws ERR_OP,
   * ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.11.1.
   */
  scanInto(send: View | Strided | InPlace, recv: View | Strided, op?: ViewOp, options?: Options): void
  /** Awaitable `scanInto`: never blocks. MPI 4.1 §6.12. */
  iscanInto(send: View | Strided | InPlace, recv: View | Strided, op?: ViewOp): Request<void>
  /**
   * `x` of the ranks below this one combined; undefined on rank 0. Blocks until these have called it. Throws ERR_OP, ERR_TYPE. MPI 4.1
   * §6.11.2.
   */
  exscan<T>(x: T, op?: OpLike<Element<T>>, options?: Options): T | undefined
  /** Awaitable `exscan`: never blocks. MPI 4.1 §6.12. */
  iexscan<T>(x: T, op?: OpLike<Element<T>>): Request<T | undefined>
  /**
   * `exscan` of views, into `recv` of the same type and length; that of rank 0 stays as it is. IN_PLACE as `send`: the contribution is in
   * `recv`. Blocks. Throws ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.11.2.
   */
  exscanInto(send: View | Strided | InPlace, recv: View | Strided, op?: ViewOp, options?: Options): void
  /** Awaitable `exscanInto`: never blocks. MPI 4.1 §6.12. */
  iexscanInto(send: View | Strided | InPlace, recv: View | Strided, op?: ViewOp): Request<void>
  /**
   * Block `rank` of the views of all ranks, combined in the order of `reduce`: a new view of `counts[rank]` elements, or of length / size.
   * Of lists with a part for each rank, part `rank`. Blocks. Throws ERR_OP, ERR_TYPE, ERR_COUNT, ERR_ARG. MPI 4.1 §6.10.
   */
  reduceScatter<V extends View>(x: V, op?: ViewOp, options?: ReduceScatterOptions): V
  /** Of lists with a part for each rank, this rank's parts combined. */
  reduceScatter<T>(parts: readonly T[], op?: OpLike<Element<T>>, options?: Options): T
  /** Awaitable `reduceScatter`: never blocks. MPI 4.1 §6.12. */
  ireduceScatter<V extends View>(x: V, op?: ViewOp, options?: ReduceScatterOptions): Request<V>
  /** Awaitable `reduceScatter`: never blocks. MPI 4.1 §6.12. */
  ireduceScatter<T>(parts: readonly T[], op?: OpLike<Element<T>>, options?: Options): Request<T>
  /**
   * `reduceScatter` of views, into `recv`, which has the length of this rank's block. IN_PLACE as `send`: `recv` holds all blocks, and
   * then the result at its beginning. Blocks. Throws ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.10.
   */
  reduceScatterInto(
    send: View | Strided | InPlace,
    recv: View | Strided,
    op?: ViewOp,
    options?: ReduceScatterOptions,
  ): void
  /** Awaitable `reduceScatterInto`: never blocks. MPI 4.1 §6.12. */
  ireduceScatterInto(
    send: View | Strided | InPlace,
    recv: View | Strided,
    op?: ViewOp,
    options?: ReduceScatterOptions,
  ): Request<void>
  /**
   * `fn` of each of root's items, spread over all ranks on demand; root gets the results in order of the items, the others undefined. An error
   * thrown by `fn` is thrown on root, with `remoteStack`, `rank` and `index`; the other ranks get ERR_OTHER. Blocks until all is done. Throws
   * ERR_ROOT, ERR_ARG where `fn` is no function or root's items cannot be iterated, ERR_COUNT, ERR_TYPE where something cannot travel. No call of MPI.
   */
  parallelMap<T, R>(fn: (item: T, index: number) => R, items?: Iterable<T>, options?: MapOptions): R[] | undefined
  /** Awaitable `parallelMap`: never blocks. */
  iparallelMap<T, R>(
    fn: (item: T, index: number) => R,
    items?: Iterable<T>,
    options?: MapOptions,
  ): Request<R[] | undefined>
  /**
   * Like `parallelMap`, with the results combined by `op` in order of the items. The result depends on the items, the size of the communicator
   * and `chunkSize` alone. Root gets it (undefined without items), the others undefined. Blocks and throws as `parallelMap`, and ERR_OP.
   */
  parallelReduce<T, R>(
    fn: (item: T, index: number) => R,
    op: OpLike<Element<R>>,
    items?: Iterable<T>,
    options?: ParallelOptions,
  ): R | undefined
  /** Awaitable `parallelReduce`: never blocks. */
  iparallelReduce<T, R>(
    fn: (item: T, index: number) => R,
    op: OpLike<Element<R>>,
    items?: Iterable<T>,
    options?: ParallelOptions,
  ): Request<R | undefined>
}
