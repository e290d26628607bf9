import type { MapOptions, ParallelOptions } from './collectives/parallel-map.ts'
import type { InPlace } from './constants.ts'
import type { View, ViewConstructor } from './datatype.ts'
import type { Group } from './group.ts'
import type { Message } from './message.ts'
import type { MessageFilter, MessageStream } from './message-stream.ts'
import type { NeighborCalls } from './neighbor-calls.ts'
import type { OpLike } from './reduce-op.ts'
import type { Options, Request } from './request.ts'
import type { SharedWindow } from './shared-window.ts'
import type { Status } from './status.ts'
import type { Window } from './window.ts'
import type { Strided } from './strided.ts'

/** What a function given as operation takes: elements of a view, or the value itself. */
export type Element<T> = T extends BigInt64Array | BigUint64Array ? bigint : T extends View ? number : T

/** An operation on the elements of views. */
export type ViewOp = OpLike<number> | OpLike<bigint>

/** Tags of the two halves of a `sendrecv`. */
export interface SendrecvOptions extends Options {
  /** 0 by default. */
  sendTag?: number
  /** ANY_TAG by default. */
  recvTag?: number
}

/** Lengths and places of the ranks' blocks in a view, in elements; without `displs` they lie one behind the other. */
export interface BlockOptions extends Options {
  counts?: readonly number[]
  displs?: readonly number[]
}

/** Lengths of the ranks' blocks in a view, in elements; equal ones by default. */
export interface ReduceScatterOptions extends Options {
  counts?: readonly number[]
}

/** Blocks of both views of an `alltoallInto`, in elements. */
export interface AlltoallOptions extends Options {
  sendCounts?: readonly number[]
  sendDispls?: readonly number[]
  recvCounts?: readonly number[]
  recvDispls?: readonly number[]
}

/**
 * Point-to-point calls (MPI 4.1 §3). The plain name blocks; `i` + name returns a `Request` and never blocks. `dest` and `source` are ranks of
 * the communicator, or PROC_NULL; tags are 0…TAG_UB. All throw ERR_RANK, ERR_TAG, ERR_COMM before anything is sent. Times are in ms.
 */
export interface PointToPointCalls {
  /**
   * Sends a typed array as raw bytes, anything else encoded. What was given may be changed as soon as the call returns. Blocks while there
   * is no room for the message, and while 64 MiB that this rank has sent to `dest` are not matched by receives. Throws ERR_TYPE where it
   * holds something that cannot travel (functions, symbols, promises), ERR_COUNT for a view of more than 4 GiB, ERR_PROC_FAILED,
   * ERR_TIMEOUT. MPI 4.1 §3.2.
   */
  send(x: unknown, dest: number, tag?: number, options?: Options): void
  /** Awaitable `send`: never blocks. MPI 4.1 §3.7.2. */
  isend(x: unknown, dest: number, tag?: number, options?: Options): Request<void>
  /**
   * Like `send`; returns only when the receiver has matched the message. Also throws ERR_PROC_FAILED where the receiver ends without doing
   * so. MPI 4.1 §3.4.
   */
  ssend(x: unknown, dest: number, tag?: number, options?: Options): void
  /** Awaitable `ssend`: never blocks. MPI 4.1 §3.7.2. */
  issend(x: unknown, dest: number, tag?: number, options?: Options): Request<void>
  /**
   * The next message from `source` (ANY_SOURCE) with `tag` (ANY_TAG): a new view of the sender's type and length, or the value; undefined
   * from PROC_NULL. Blocks until it is there. Throws ERR_PROC_FAILED where nobody is left to send it, ERR_TIMEOUT. MPI 4.1 §3.2.4.
   */
  recv<T = unknown>(source?: number, tag?: number, options?: Options): T
  /** Awaitable `recv`: never blocks. MPI 4.1 §3.7.2. */
  irecv<T = unknown>(source?: number, tag?: number, options?: Options): Request<T>
  /**
   * Receives elements of the view's type into `view`; elements behind the message stay. Returns its status, with `count` in elements.
   * Blocks. Throws ERR_TRUNCATE where the message is longer (`view` then holds its beginning) and ERR_TYPE where it has another type; it
   * is consumed. Also ERR_PROC_FAILED, ERR_TIMEOUT. MPI 4.1 §3.2.4.
   */
  recvInto(view: View | Strided, source?: number, tag?: number, options?: Options): Status
  /** Awaitable `recvInto`: never blocks. MPI 4.1 §3.7.2. */
  irecvInto(view: View | Strided, source?: number, tag?: number, options?: Options): Request<Status>
  /**
   * Sends `x` and receives at the same time, so that exchanges do not deadlock; returns what came, as `recv`. Blocks until both are done.
   * Throws what `send` and `recv` throw. MPI 4.1 §3.10.
   */
  sendrecv<T = unknown>(x: unknown, dest: number, source: number, options?: SendrecvOptions): T
  /** Awaitable `sendrecv`: never blocks. MPI 4.1 §3.7.2. */
  isendrecv<T = unknown>(x: unknown, dest: number, source: number, options?: SendrecvOptions): Request<T>
  /**
   * `sendrecv` of views of any length and type: elements go out of `sendView`, others come into `recvView`, as `recvInto`. Blocks. Also
   * throws ERR_BUFFER where the views share memory. MPI 4.1 §3.10.
   */
  sendrecvInto(
    sendView: View | Strided,
    dest: number,
    recvView: View | Strided,
    source: number,
    options?: SendrecvOptions,
  ): Status
  /** Awaitable `sendrecvInto`: never blocks. MPI 4.1 §3.7.2. */
  isendrecvInto(
    sendView: View | Strided,
    dest: number,
    recvView: View | Strided,
    source: number,
    options?: SendrecvOptions,
  ): Request<Status>
  /** `sendrecvInto` with one view: what comes takes the place of what is sent. Blocks. MPI 4.1 §3.10. */
  sendrecvReplace(view: View, dest: number, source: number, options?: SendrecvOptions): Status
  /** Awaitable `sendrecvReplace`: never blocks. MPI 4.1 §3.7.2. */
  isendrecvReplace(view: View, dest: number, source: number, options?: SendrecvOptions): Request<Status>
  /**
   * Waits for a message and says what it is; the next `recv` of that source and tag gets it. Blocks. Throws ERR_PROC_FAILED, ERR_TIMEOUT.
   * MPI 4.1 §3.8.1.
   */
  probe(source?: number, tag?: number, options?: Options): Status
  /** Like `probe`; null where no message is there. Never blocks. MPI 4.1 §3.8.1. */
  iprobe(source?: number, tag?: number): Status | null
  /** Waits for a message and takes it: nobody else can receive it. Blocks. Throws ERR_PROC_FAILED, ERR_TIMEOUT. MPI 4.1 §3.8.2. */
  mprobe(source?: number, tag?: number, options?: Options): Message
  /** Like `mprobe`; null where no message is there. Never blocks. MPI 4.1 §3.8.2. */
  improbe(source?: number, tag?: number): Message | null
  /**
   * The messages that come from now on, as `{ data, source, tag }`: `for` blocks for each, `for await` does not. Each step is a receive, so a loop
   * that is left has taken no message that it did not give out. Ends when nothing is there and all other ranks that could send have finished;
   * a rank's messages to itself come while the loop runs, and do not keep it going. A loop over a job that goes on needs a message that says so,
   * and a `break`.
   */
  messages<T = unknown>(filter?: MessageFilter): MessageStream<T>
}

/**
 * Collective calls (MPI 4.1 §6): every rank of the communicator makes the same calls in the same order with the same root, operation, type and
 * length; ERR_COLLECTIVE_MISMATCH where it does not. `i` + name never blocks; a view that was given to it belongs to the call until the
 * request is done. A call that fails on one rank fails on all; a rank that has its result already gets the error in its next collective.
 * All throw ERR_COMM, ERR_PROC_FAILED where a rank has ended that they need, and ERR_TIMEOUT after `timeout` ms: the collective is then lost.
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
  bcastInto(view: View, root?: number, options?: Options): void
  /** Awaitable `bcastInto`: never blocks. MPI 4.1 §6.12. */
  ibcastInto(view: View, root?: number): Request<void>
  /**
   * Part `rank` of root's list, which has a part for each rank, or block `rank` of root's view: length / size elements. What the others
   * give is not looked at. Blocks. Throws ERR_ROOT; on all ranks ERR_COUNT, ERR_ARG where root's cannot be split. MPI 4.1 §6.6.
   */
  scatter<T = unknown>(parts?: readonly T[] | View | null, root?: number, options?: Options): T
  /** Awaitable `scatter`: never blocks. MPI 4.1 §6.12. */
  iscatter<T = unknown>(parts?: readonly T[] | View | null, root?: number): Request<T>
  /**
   * Block `rank` of root's `send` in `recv`: equal blocks, or `counts[r]` elements from `displs[r]` on. `send`: size blocks, null on the
   * others. IN_PLACE as `recv` of root leaves its block where it is. Blocks. Throws ERR_ROOT, ERR_TYPE; on all ranks ERR_COUNT, ERR_BUFFER
   * where root's do not fit. MPI 4.1 §6.6.
   */
  scatterInto(send: View | InPlace | null, recv: View | InPlace, root?: number, options?: BlockOptions): void
  /** Awaitable `scatterInto`: never blocks. MPI 4.1 §6.12. */
  iscatterInto(send: View | InPlace | null, recv: View | InPlace, root?: number, options?: BlockOptions): Request<void>
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
  gatherInto(send: View | InPlace, recv: View | null, root?: number, options?: BlockOptions): void
  /** Awaitable `gatherInto`: never blocks. MPI 4.1 §6.12. */
  igatherInto(send: View | InPlace, recv: View | null, root?: number, options?: BlockOptions): Request<void>
  /** What each rank gave, a list in rank order, on every rank. Blocks. Throws ERR_TYPE. MPI 4.1 §6.7. */
  allgather<T>(x: T, options?: Options): T[]
  /** Awaitable `allgather`: never blocks. MPI 4.1 §6.12. */
  iallgather<T>(x: T): Request<T[]>
  /**
   * The `send` of rank r in block r of every `recv`: equal blocks, or `counts[r]` elements from `displs[r]` on; gaps stay as they are.
   * IN_PLACE as `send`: the own block is in `recv`. Blocks. Throws ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.7.
   */
  allgatherInto(send: View | InPlace, recv: View, options?: BlockOptions): void
  /** Awaitable `allgatherInto`: never blocks. MPI 4.1 §6.12. */
  iallgatherInto(send: View | InPlace, recv: View, options?: BlockOptions): Request<void>
  /**
   * Part `rank` of what each rank gave, a list in rank order. `parts`: a list with a part for each rank, or a view in size equal blocks.
   * Blocks. Throws ERR_COUNT, ERR_ARG on all ranks. MPI 4.1 §6.8.
   */
  alltoall<T = unknown>(parts: readonly T[] | View, options?: Options): T[]
  /** Awaitable `alltoall`: never blocks. MPI 4.1 §6.12. */
  ialltoall<T = unknown>(parts: readonly T[] | View): Request<T[]>
  /**
   * Block s of this rank's `send` goes to block `rank` of the `recv` of rank s: equal blocks, or as the options say, in elements; gaps
   * stay as they are. IN_PLACE as `send`: `recv` holds what is to be sent, in the blocks of the receive side. Blocks. Throws ERR_TYPE,
   * ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.8.
   */
  alltoallInto(send: View | InPlace, recv: View, options?: AlltoallOptions): void
  /** Awaitable `alltoallInto`: never blocks. MPI 4.1 §6.12. */
  ialltoallInto(send: View | InPlace, recv: View, options?: AlltoallOptions): Request<void>
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
  reduceInto(send: View | InPlace, recv: View | null, op?: ViewOp, root?: number, options?: Options): void
  /** Awaitable `reduceInto`: never blocks. MPI 4.1 §6.12. */
  ireduceInto(send: View | InPlace, recv: View | null, op?: ViewOp, root?: number): Request<void>
  /** Like `reduce`, on every rank, with the same bits. Blocks. Throws ERR_OP, ERR_TYPE. MPI 4.1 §6.9.6. */
  allreduce<T>(x: T, op?: OpLike<Element<T>>, options?: Options): T
  /** Awaitable `allreduce`: never blocks. MPI 4.1 §6.12. */
  iallreduce<T>(x: T, op?: OpLike<Element<T>>): Request<T>
  /**
   * `allreduce` of views, into `recv` of the same type and length. IN_PLACE as `send`: the contribution is in `recv`. Blocks. Throws
   * ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.9.6.
   */
  allreduceInto(send: View | InPlace, recv: View, op?: ViewOp, options?: Options): void
  /** Awaitable `allreduceInto`: never blocks. MPI 4.1 §6.12. */
  iallreduceInto(send: View | InPlace, recv: View, op?: ViewOp): Request<void>
  /** `x` of ranks 0 to this one combined. Blocks until these have called it. Throws ERR_OP, ERR_TYPE. MPI 4.1 §6.11.1. */
  scan<T>(x: T, op?: OpLike<Element<T>>, options?: Options): T
  /** Awaitable `scan`: never blocks. MPI 4.1 §6.12. */
  iscan<T>(x: T, op?: OpLike<Element<T>>): Request<T>
  /**
   * `scan` of views, into `recv` of the same type and length. IN_PLACE as `send`: the contribution is in `recv`. Blocks. Throws ERR_OP,
   * ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.11.1.
   */
  scanInto(send: View | InPlace, recv: View, op?: ViewOp, options?: Options): void
  /** Awaitable `scanInto`: never blocks. MPI 4.1 §6.12. */
  iscanInto(send: View | InPlace, recv: View, op?: ViewOp): Request<void>
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
  exscanInto(send: View | InPlace, recv: View, op?: ViewOp, options?: Options): void
  /** Awaitable `exscanInto`: never blocks. MPI 4.1 §6.12. */
  iexscanInto(send: View | InPlace, recv: View, op?: ViewOp): Request<void>
  /**
   * Block `rank` of the views of all ranks, combined in the order of `reduce`: a new view of `counts[rank]` elements, or of length / size.
   * Of lists with a part for each rank, part `rank`. Blocks. Throws ERR_OP, ERR_TYPE, ERR_COUNT, ERR_ARG. MPI 4.1 §6.10.
   */
  reduceScatter<V extends View>(x: V, op?: ViewOp, options?: ReduceScatterOptions): V
  reduceScatter<T>(parts: readonly T[], op?: OpLike<Element<T>>, options?: Options): T
  /** Awaitable `reduceScatter`: never blocks. MPI 4.1 §6.12. */
  ireduceScatter<V extends View>(x: V, op?: ViewOp, options?: ReduceScatterOptions): Request<V>
  ireduceScatter<T>(parts: readonly T[], op?: OpLike<Element<T>>, options?: Options): Request<T>
  /**
   * `reduceScatter` of views, into `recv`, which has the length of this rank's block. IN_PLACE as `send`: `recv` holds all blocks, and
   * then the result at its beginning. Blocks. Throws ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.10.
   */
  reduceScatterInto(send: View | InPlace, recv: View, op?: ViewOp, options?: ReduceScatterOptions): void
  /** Awaitable `reduceScatterInto`: never blocks. MPI 4.1 §6.12. */
  ireduceScatterInto(send: View | InPlace, recv: View, op?: ViewOp, options?: ReduceScatterOptions): Request<void>
  /**
   * `fn` of each of root's items, spread over all ranks on demand; root gets the results in order of the items, the others undefined. An error
   * thrown by `fn` is thrown on root, with `remoteStack`, `rank` and `index`; the other ranks get ERR_OTHER.
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
   * and `chunkSize` alone. Root gets it (undefined without items), the others undefined.
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

/** The grid that `cart` makes. */
export interface CartOptions {
  /** Ranks along each dimension; `MPI.dims` finds balanced ones. */
  dims: readonly number[]
  /** Whether each dimension wraps around, or one word for all; false by default. */
  periods?: boolean | readonly boolean[]
  /** Permits other ranks in the grid than in the communicator; ranks are kept all the same. */
  reorder?: boolean
}

/** A communicator: ranks that send messages to each other, apart from those of every other communicator (MPI 4.1 §7). */
export interface Comm extends PointToPointCalls, CollectiveCalls {
  /** Rank of this rank in the communicator, and number of its ranks. */
  readonly rank: number
  readonly size: number
  /** For messages; 'COMM_WORLD' and the like. */
  name: string
  /** Its ranks. Local. MPI 4.1 §7.3.2. */
  readonly group: Group
  /** The same ranks with messages of their own. Collective; blocks. MPI 4.1 §7.4.2. */
  dup(): Comm
  /** Awaitable `dup`: never blocks. MPI 4.1 §7.4.2. */
  idup(): Request<Comm>
  /**
   * The ranks that give the same `color` (0…), ordered by `key`, then by rank; null for UNDEFINED. Collective; blocks. Throws ERR_ARG. MPI
   * 4.1 §7.4.2.
   */
  split(color: number, key?: number): Comm | null
  /** Awaitable `split`: never blocks. */
  isplit(color: number, key?: number): Request<Comm | null>
  /**
   * The ranks that share memory ('node'), ordered by `key`, then by rank; null for UNDEFINED. Collective; blocks. Throws ERR_ARG. MPI 4.1
   * §7.4.2.
   */
  splitType(type: 'node' | number, key?: number): Comm | null
  /** Awaitable `splitType`: never blocks. */
  isplitType(type: 'node' | number, key?: number): Request<Comm | null>
  /**
   * A communicator of the ranks of `group`, in its order; null on ranks that are not in it. Only the group's ranks need to call it, all
   * with the same group; calls for several groups that overlap in time need different tags. Blocks until the group's first rank has called
   * it. Throws ERR_GROUP where the group is not part of this communicator, ERR_TAG, ERR_COLLECTIVE_MISMATCH. MPI 4.1 §7.4.2.
   */
  createGroup(group: Group, tag?: number): Comm | null
  /** Awaitable `createGroup`: never blocks. */
  icreateGroup(group: Group, tag?: number): Request<Comm | null>
  /**
   * The first ranks of this communicator as a grid; null on those beyond it. Collective; blocks. All ranks give the same `dims` and
   * `periods`, or all get ERR_COLLECTIVE_MISMATCH. Throws ERR_DIMS where the grid has more ranks than there are, or an extent is no
   * positive integer. MPI 4.1 §8.5.1.
   */
  cart(options: CartOptions): CartComm | null
  /** Awaitable `cart`: never blocks. */
  icart(options: CartOptions): Request<CartComm | null>
  /**
   * Memory that the others read and write without this rank's help: `view`, the same or another length on each rank. Over memory of MPI.alloc the
   * window is that memory itself; over any other it is a copy that fence, lock, unlock, flush and barrier of this rank bring together with
   * the view. Collective; blocks. Throws ERR_TYPE. MPI 4.1 §12.2.1; docs/windows.md.
   */
  createWindow(view: View): Window
  /** Awaitable `createWindow`: never blocks. */
  icreateWindow(view: View): Request<Window>
  /**
   * `length` elements for each rank, the same or another on each, in memory that all ranks read and write as plain typed arrays: see
   * SharedWindow. Collective over the ranks of one node; blocks. Throws ERR_COMM, naming the ranks of other nodes, ERR_TYPE, ERR_COUNT. MPI 4.1 §12.2.3.
   */
  allocateShared<C extends ViewConstructor>(constructor: C, length: number): SharedWindow<InstanceType<C>>
  /** Awaitable `allocateShared`: never blocks. */
  iallocateShared<C extends ViewConstructor>(constructor: C, length: number): Request<SharedWindow<InstanceType<C>>>
  /** IDENT: this communicator; CONGRUENT: the same ranks in the same order; SIMILAR: in another order; UNEQUAL. Local. MPI 4.1 §7.4.1. */
  compare(other: Comm): number
  /**
   * Gives the communicator back: later calls throw ERR_COMM, requests go on. Never communicates. Throws ERR_COMM for COMM_WORLD and
   * COMM_SELF. MPI 4.1 §7.4.3.
   */
  free(): void
  /** Ends the whole job with exit status `code` modulo 256, 1 where that is 0. Does not return. MPI 4.1 §11.4.2. */
  abort(code?: number): never
}

/**
 * Ranks in a Cartesian grid, the last coordinate varying fastest (MPI 4.1 §8). Its own calls but `sub` and the neighbour collectives are local.
 */
export interface CartComm extends Comm, NeighborCalls {
  /** Coordinates of this rank. MPI 4.1 §8.5.5. */
  readonly coords: readonly number[]
  /** Ranks along each dimension, and whether it wraps around. */
  readonly dims: readonly number[]
  readonly periods: readonly boolean[]
  /**
   * The rank with these coordinates; those of periodic dimensions wrap around. Throws ERR_DIMS for a wrong number of them, ERR_ARG for one
   * outside of the grid. MPI 4.1 §8.5.5.
   */
  rankOf(coords: readonly number[]): number
  /** Coordinates of a rank. Throws ERR_RANK. MPI 4.1 §8.5.5. */
  coordsOf(rank: number): number[]
  /**
   * Ranks to receive from and to send to when all ranks pass something `disp` (1) steps along dimension `dim`; PROC_NULL beyond an edge.
   * Throws ERR_DIMS, ERR_ARG. MPI 4.1 §8.5.6.
   */
  shift(dim: number, disp?: number): { source: number; dest: number }
  /**
   * The grid of the dimensions that are kept (`keep`: one word each) through this rank. Collective; blocks. Throws ERR_DIMS. MPI 4.1
   * §8.5.7.
   */
  sub(keep: readonly boolean[]): CartComm
  /** Awaitable `sub`: never blocks. */
  isub(keep: readonly boolean[]): Request<CartComm>
  /** The same ranks with messages of their own. Collective; blocks. MPI 4.1 §7.4.2. */
  dup(): CartComm
  /** Awaitable `dup`: never blocks. MPI 4.1 §7.4.2. */
  idup(): Request<CartComm>
}
