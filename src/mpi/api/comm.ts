import type { CollectiveCalls } from './collective-calls.ts'
import type { View, ViewConstructor } from '../datatypes/datatype.ts'
import type { Group } from '../groups/group.ts'
import type { NeighborCalls } from './neighbor-calls.ts'
import type { PersistentCalls } from './persistent-calls.ts'
import type { PointToPointCalls } from './point-to-point-calls.ts'
import type { Element, OpLike } from '../operations/reduce-op.ts'
import type { MapOptions } from './parallel-options.ts'
import type { Options, Request } from '../terms/request.ts'
import type { SharedWindow } from './shared-window.ts'
import type { Window } from './window.ts'

/** The grid that `cart` makes. */
export interface CartOptions {
  /** Ranks along each dimension; `MPI.dims` finds balanced ones. */
  dims: readonly number[]
  /** Whether each dimension wraps around, or one word for all; false by default. */
  periods?: boolean | readonly boolean[]
  /** Permits other ranks in the grid than in the communicator; ranks are kept all the same. */
  reorder?: boolean
}

/** A grid that `cart` makes of all ranks. */
export interface FullCartOptions extends Omit<CartOptions, 'dims'> {
  /** The number of dimensions: their extents are those of `MPI.dims`. */
  dims: number
}

/** A communicator: ranks that send messages to each other, apart from those of every other communicator (MPI 4.1 §7). */
export interface Comm extends PointToPointCalls, CollectiveCalls, PersistentCalls {
  /** Rank of this rank in the communicator, 0…size - 1. MPI 4.1 §7.4.1. */
  readonly rank: number
  /** Number of its ranks. MPI 4.1 §7.4.1. */
  readonly size: number
  /** What errors and reports call it; 'COMM_WORLD' and the like. May be set. MPI 4.1 §7.8. */
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
  cart(options: CartOptions | readonly number[]): CartComm | null
  /** All ranks as a balanced grid of so many dimensions, that of `MPI.dims`. MPI 4.1 §8.5.1. */
  cart(options: number | FullCartOptions): CartComm
  /** Awaitable `cart`: never blocks. */
  icart(options: number | FullCartOptions): Request<CartComm>
  /** Awaitable `cart`: never blocks. */
  icart(options: CartOptions | readonly number[]): Request<CartComm | null>
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
   * SharedWindow. Collective over the ranks of one node; blocks. Throws ERR_COMM, naming the ranks of other nodes, ERR_TYPE, ERR_COUNT,
   * ERR_NO_MEM. MPI 4.1 §12.2.3.
   */
  allocateShared<C extends ViewConstructor>(constructor: C, length: number): SharedWindow<InstanceType<C>>
  /** Awaitable `allocateShared`: never blocks. */
  iallocateShared<C extends ViewConstructor>(constructor: C, length: number): Request<SharedWindow<InstanceType<C>>>
  /** IDENT: this communicator; CONGRUENT: the same ranks in the same order; SIMILAR: in another order; UNEQUAL. Local. MPI 4.1 §7.4.1. */
  compare(other: Comm): number
  /**
   * Gives the communicator back: later calls throw ERR_COMM, requests go on; done again, it does nothing. Never communicates. Throws ERR_COMM for COMM_WORLD and
   * COMM_SELF. MPI 4.1 §7.4.3.
   */
  free(): void
  /**
   * Gives the communicator up on all its ranks: calls and requests on it that are not done fail with ERR_REVOKED, those to come too, but for
   * `shrink` and `agree`; calls on its windows as well. Not collective: one rank that has met a lost one frees those that would wait for it. Returns at once; the others
   * hear of it soon. COMM_WORLD can be revoked; communicators made of this one are not. User Level Failure Mitigation (Bland et al. 2013) §3.2.
   */
  revoke(): void
  /** Whether a rank has revoked it and this one has heard of it. Never communicates. ULFM §3.2; mpi4py's Is_revoked. */
  readonly isRevoked: boolean
  /** Its ranks that this one knows to be lost (`--on-rank-loss continue`), in its order. Never communicates. ULFM §3.1 (MPI_Comm_get_failed). */
  getFailed(): Group
  /**
   * Takes note of the lost ranks that this one knows of: receives from ANY_SOURCE fail because of others alone. Returns how many ranks it has lost in
   * all. Never communicates. ULFM §3.1 (MPI_Comm_ack_failed).
   */
  ackFailed(): number
  /**
   * A new communicator of the ranks that are not over, in the same order; works on a communicator with lost ranks and on a revoked one.
   * Collective over the ranks that are left, which all get the same ranks; blocks until each of the communicator's ranks has called it or is
   * over. A rank that is lost soon afterwards is in it: calls on it fail, and it can be shrunk again. Throws ERR_COLLECTIVE_MISMATCH where other
   * ranks call `agree`. ULFM §3.3.
   */
  shrink(): Comm
  /** Awaitable `shrink`: never blocks. */
  ishrink(): Request<Comm>
  /**
   * Whether all ranks that are not over have given true; the same on all of them, also where ranks are lost meanwhile. Works on a communicator with
   * lost ranks and on a revoked one. Collective over the ranks that are left; blocks as `shrink`. Throws ERR_ARG,
   * ERR_COLLECTIVE_MISMATCH where other ranks call `shrink`. ULFM §3.4; Herault et al. 2015.
   */
  agree(flag: boolean): boolean
  /** Awaitable `agree`: never blocks. */
  iagree(flag: boolean): Request<boolean>
  /** Ends the whole job with exit status `code` modulo 256, 1 where that is 0. Does not return. MPI 4.1 §11.4.2. */
  abort(code?: number): never
}

/** The communicator of this rank alone: it is root of every call, so the result that root gets is there. */
export interface SelfComm extends Comm {
  /** As on any communicator, with a result. MPI 4.1 §6.5. */
  gather<T>(x: T, root?: number, options?: Options): T[]
  /** Awaitable `gather`: never blocks. MPI 4.1 §6.12. */
  igather<T>(x: T, root?: number): Request<T[]>
  /** As on any communicator, with a result. MPI 4.1 §6.9.1. */
  reduce<T>(x: T, op?: OpLike<Element<T>>, root?: number, options?: Options): T
  /** Awaitable `reduce`: never blocks. MPI 4.1 §6.12. */
  ireduce<T>(x: T, op?: OpLike<Element<T>>, root?: number): Request<T>
  /** As on any communicator, with a result. */
  parallelMap<T, R>(fn: (item: T, index: number) => R, items?: Iterable<T>, options?: MapOptions): R[]
  /** Awaitable `parallelMap`: never blocks. */
  iparallelMap<T, R>(fn: (item: T, index: number) => R, items?: Iterable<T>, options?: MapOptions): Request<R[]>
  /** A grid of one rank. Throws ERR_DIMS for a larger one. MPI 4.1 §8.5.1. */
  cart(options: number | FullCartOptions | CartOptions | readonly number[]): CartComm
  /** Awaitable `cart`: never blocks. MPI 4.1 §8.5.1. */
  icart(options: number | FullCartOptions | CartOptions | readonly number[]): Request<CartComm>
}

/**
 * Ranks in a Cartesian grid, the last coordinate varying fastest (MPI 4.1 §8). Its own calls but `sub` and the neighbour collectives are local.
 */
export interface CartComm extends Comm, NeighborCalls {
  /** Coordinates of this rank. MPI 4.1 §8.5.5. */
  readonly coords: readonly number[]
  /** Ranks along each dimension. MPI 4.1 §8.5.5. */
  readonly dims: readonly number[]
  /** Whether each dimension wraps around. MPI 4.1 §8.5.5. */
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
  /** Neighbours that messages come from in the neighbour collectives, in their order; PROC_NULL beyond an edge. MPI 4.1 §8.5.5, §8.6. */
  readonly inNeighbors: readonly number[]
  /** Those that messages go to: the same, in a grid. */
  readonly outNeighbors: readonly number[]
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
