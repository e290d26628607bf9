import type { MapOptions, ParallelOptions } from './collectives/parallel-map.ts'
import type { InPlace } from './constants.ts'
import type { View } from './datatype.ts'
import type { Group } from './group.ts'
import type { Message } from './message.ts'
import type { MessageFilter, MessageStream } from './message-stream.ts'
import type { NeighborCalls } from './neighbor-calls.ts'
import type { OpLike } from './reduce-op.ts'
import type { Options, Request } from './request.ts'
import type { Status } from './status.ts'

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
 * the communicator, or PROC_NULL. All throw ERR_RANK, ERR_TAG, ERR_COMM before anything is sent.
 */
export interface PointToPointCalls {
  /**
   * Sends a typed array as raw bytes, anything else encoded. What was given may be changed as soon as the call returns. Blocks while there is
   * no room for the message. Throws ERR_TYPE where it holds something that cannot travel (functions, symbols, promises). MPI 4.1 §3.2.
   */
  send(x: unknown, dest: number, tag?: number, options?: Options): void
  isend(x: unknown, dest: number, tag?: number, options?: Options): Request<void>
  /** Like `send`, and done only when the receiver has matched the message. MPI 4.1 §3.4. */
  ssend(x: unknown, dest: number, tag?: number, options?: Options): void
  issend(x: unknown, dest: number, tag?: number, options?: Options): Request<void>
  /** Returns the next message from `source` (ANY_SOURCE) with `tag` (ANY_TAG): a view of the sender's type, or the value. MPI 4.1 §3.2.4. */
  recv<T = unknown>(source?: number, tag?: number, options?: Options): T
  irecv<T = unknown>(source?: number, tag?: number, options?: Options): Request<T>
  /**
   * Receives elements of the view's type into `view`; elements behind the message stay. Throws ERR_TRUNCATE where the message is longer
   * (`view` then holds its beginning) and ERR_TYPE where it has another type (it is consumed).
   */
  recvInto(view: View, source?: number, tag?: number, options?: Options): Status
  irecvInto(view: View, source?: number, tag?: number, options?: Options): Request<Status>
  /** Sends and receives at the same time, so that exchanges do not deadlock. MPI 4.1 §3.10. */
  sendrecv<T = unknown>(x: unknown, dest: number, source: number, options?: SendrecvOptions): T
  isendrecv<T = unknown>(x: unknown, dest: number, source: number, options?: SendrecvOptions): Request<T>
  sendrecvInto(sendView: View, dest: number, recvView: View, source: number, options?: SendrecvOptions): Status
  isendrecvInto(
    sendView: View,
    dest: number,
    recvView: View,
    source: number,
    options?: SendrecvOptions,
  ): Request<Status>
  /** `sendrecvInto` with one view: what comes takes the place of what is sent. MPI 4.1 §3.10. */
  sendrecvReplace(view: View, dest: number, source: number, options?: SendrecvOptions): Status
  isendrecvReplace(view: View, dest: number, source: number, options?: SendrecvOptions): Request<Status>
  /** Waits for a message and says what it is; a `recv` of that source and tag gets it. MPI 4.1 §3.8.1. */
  probe(source?: number, tag?: number, options?: Options): Status
  /** Like `probe`; null where no message is there. Never blocks. */
  iprobe(source?: number, tag?: number): Status | null
  /** Waits for a message and takes it: nobody else can receive it. MPI 4.1 §3.8.2. */
  mprobe(source?: number, tag?: number, options?: Options): Message
  /** Like `mprobe`; null where no message is there. Never blocks. */
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
 * request is done. When a call fails on one rank it fails on all.
 */
export interface CollectiveCalls {
  /** Returns when all ranks have called it. MPI 4.1 §6.3. */
  barrier(options?: Options): void
  ibarrier(): Request<void>
  /** Root's `x` on every rank. MPI 4.1 §6.4. */
  bcast<T>(x?: T, root?: number, options?: Options): T
  ibcast<T>(x?: T, root?: number): Request<T>
  bcastInto(view: View, root?: number, options?: Options): void
  ibcastInto(view: View, root?: number): Request<void>
  /** Part `rank` of root's list of parts, or block `rank` of root's view; ERR_COUNT where they cannot be split. MPI 4.1 §6.6. */
  scatter<T = unknown>(parts?: readonly T[] | View | null, root?: number, options?: Options): T
  iscatter<T = unknown>(parts?: readonly T[] | View | null, root?: number): Request<T>
  scatterInto(send: View | InPlace | null, recv: View | InPlace, root?: number, options?: BlockOptions): void
  iscatterInto(send: View | InPlace | null, recv: View | InPlace, root?: number, options?: BlockOptions): Request<void>
  /** What each rank gave, in rank order, on root; undefined on the others. MPI 4.1 §6.5. */
  gather<T>(x: T, root?: number, options?: Options): T[] | undefined
  igather<T>(x: T, root?: number): Request<T[] | undefined>
  gatherInto(send: View | InPlace, recv: View | null, root?: number, options?: BlockOptions): void
  igatherInto(send: View | InPlace, recv: View | null, root?: number, options?: BlockOptions): Request<void>
  /** What each rank gave, in rank order, on every rank. MPI 4.1 §6.7. */
  allgather<T>(x: T, options?: Options): T[]
  iallgather<T>(x: T): Request<T[]>
  allgatherInto(send: View | InPlace, recv: View, options?: BlockOptions): void
  iallgatherInto(send: View | InPlace, recv: View, options?: BlockOptions): Request<void>
  /** Part `rank` of what each rank gave, in rank order. MPI 4.1 §6.8. */
  alltoall<T = unknown>(parts: readonly T[] | View, options?: Options): T[]
  ialltoall<T = unknown>(parts: readonly T[] | View): Request<T[]>
  alltoallInto(send: View | InPlace, recv: View, options?: AlltoallOptions): void
  ialltoallInto(send: View | InPlace, recv: View, options?: AlltoallOptions): Request<void>
  /** `x` of all ranks combined in the order ((0+1)+(2+3))+…, on root; undefined on the others. ERR_OP, ERR_TYPE. MPI 4.1 §6.9. */
  reduce<T>(x: T, op?: OpLike<Element<T>>, root?: number, options?: Options): T | undefined
  ireduce<T>(x: T, op?: OpLike<Element<T>>, root?: number): Request<T | undefined>
  reduceInto(send: View | InPlace, recv: View | null, op?: ViewOp, root?: number, options?: Options): void
  ireduceInto(send: View | InPlace, recv: View | null, op?: ViewOp, root?: number): Request<void>
  /** Like `reduce`, on every rank, with the same bits. MPI 4.1 §6.9.6. */
  allreduce<T>(x: T, op?: OpLike<Element<T>>, options?: Options): T
  iallreduce<T>(x: T, op?: OpLike<Element<T>>): Request<T>
  allreduceInto(send: View | InPlace, recv: View, op?: ViewOp, options?: Options): void
  iallreduceInto(send: View | InPlace, recv: View, op?: ViewOp): Request<void>
  /** `x` of ranks 0 to this one combined. MPI 4.1 §6.11. */
  scan<T>(x: T, op?: OpLike<Element<T>>, options?: Options): T
  iscan<T>(x: T, op?: OpLike<Element<T>>): Request<T>
  scanInto(send: View | InPlace, recv: View, op?: ViewOp, options?: Options): void
  iscanInto(send: View | InPlace, recv: View, op?: ViewOp): Request<void>
  /** `x` of the ranks below this one combined; undefined on rank 0 (a view stays as it is). MPI 4.1 §6.11.2. */
  exscan<T>(x: T, op?: OpLike<Element<T>>, options?: Options): T | undefined
  iexscan<T>(x: T, op?: OpLike<Element<T>>): Request<T | undefined>
  exscanInto(send: View | InPlace, recv: View, op?: ViewOp, options?: Options): void
  iexscanInto(send: View | InPlace, recv: View, op?: ViewOp): Request<void>
  /**
   * Block `rank` of the view of each rank, combined in the order of `reduce`: a view of `counts[rank]` elements, or of length / size. Of lists
   * with a part for each rank, part `rank`. ERR_OP, ERR_TYPE, ERR_COUNT. MPI 4.1 §6.10.
   */
  reduceScatter<V extends View>(x: V, op?: ViewOp, options?: ReduceScatterOptions): V
  reduceScatter<T>(parts: readonly T[], op?: OpLike<Element<T>>, options?: Options): T
  ireduceScatter<V extends View>(x: V, op?: ViewOp, options?: ReduceScatterOptions): Request<V>
  ireduceScatter<T>(parts: readonly T[], op?: OpLike<Element<T>>, options?: Options): Request<T>
  /** Into `recv`, which has the length of this rank's block. IN_PLACE: `recv` holds all blocks, and then the result at its beginning. */
  reduceScatterInto(send: View | InPlace, recv: View, op?: ViewOp, options?: ReduceScatterOptions): void
  ireduceScatterInto(send: View | InPlace, recv: View, op?: ViewOp, options?: ReduceScatterOptions): Request<void>
  /**
   * `fn` of each of root's items, spread over all ranks on demand; root gets the results in order of the items, the others undefined. An error
   * thrown by `fn` is thrown on root, with `remoteStack`, `rank` and `index`; the other ranks get ERR_OTHER.
   */
  parallelMap<T, R>(fn: (item: T, index: number) => R, items?: Iterable<T>, options?: MapOptions): R[] | undefined
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
  /** The same ranks with messages of their own. Collective. MPI 4.1 §7.4.2. */
  dup(): Comm
  idup(): Request<Comm>
  /** The ranks that give the same `color`, ordered by `key`, then by rank; null for UNDEFINED. Collective. MPI 4.1 §7.4.2. */
  split(color: number, key?: number): Comm | null
  isplit(color: number, key?: number): Request<Comm | null>
  /** The ranks that share memory ('node'), ordered by `key`, then by rank; null for UNDEFINED. Collective. ERR_ARG. MPI 4.1 §7.4.2. */
  splitType(type: 'node' | number, key?: number): Comm | null
  isplitType(type: 'node' | number, key?: number): Request<Comm | null>
  /**
   * A communicator of the ranks of `group`, in its order; null on ranks that are not in it. Only the group's ranks need to call it, all with
   * the same group; calls for several groups that overlap in time need different tags. Waits for the group's first rank.
   * Throws ERR_GROUP where the group is not part of this communicator, ERR_TAG. MPI 4.1 §7.4.2.
   */
  createGroup(group: Group, tag?: number): Comm | null
  icreateGroup(group: Group, tag?: number): Request<Comm | null>
  /**
   * The first ranks of this communicator as a grid; null on those beyond it. Collective: all ranks give the same `dims` and `periods`, or all get
   * ERR_COLLECTIVE_MISMATCH. Throws ERR_DIMS where the grid has more ranks than there are, or an extent is no positive integer.
   * MPI 4.1 §8.5.1.
   */
  cart(options: CartOptions): CartComm | null
  icart(options: CartOptions): Request<CartComm | null>
  /** IDENT: this communicator; CONGRUENT: the same ranks in the same order; SIMILAR: in another order; UNEQUAL. Local. MPI 4.1 §7.4.1. */
  compare(other: Comm): number
  /** Gives the communicator back: later calls throw ERR_COMM, requests go on. Never communicates. Throws ERR_COMM for COMM_WORLD and COMM_SELF. MPI 4.1 §7.4.3. */
  free(): void
  /** Ends the whole job with exit status `code` modulo 256, 1 where that is 0. MPI 4.1 §9.7. */
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
  /** The grid of the dimensions that are kept (`keep`: one word each) through this rank. Collective. Throws ERR_DIMS. MPI 4.1 §8.5.7. */
  sub(keep: readonly boolean[]): CartComm
  isub(keep: readonly boolean[]): Request<CartComm>
  dup(): CartComm
  idup(): Request<CartComm>
}
