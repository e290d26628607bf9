import { allocView } from './datatypes/allocated-memory.ts'
import type { Members } from './collectives/call/members.ts'
import { reduceLocal, reduceLocalInto } from './collectives/reduce-scatter/by-messages.ts'
import type { Comm, SelfComm } from './api/comm.ts'
import { type Completed, Completion, type TestedAll, type TestedAny, type Values } from './engine/completion.ts'
import {
  ANY_SOURCE,
  ANY_TAG,
  CONGRUENT,
  IDENT,
  IN_PLACE,
  type InPlace,
  PROC_NULL,
  SIMILAR,
  TAG_UB,
  UNDEFINED,
  UNEQUAL,
} from './terms/constants.ts'
import type { View, ViewConstructor } from './datatypes/datatype.ts'
import { createDims } from './groups/dims.ts'
import type { Engine } from './engine/engine.ts'
import { Group } from './groups/group.ts'
import { refuseUnknownNames } from './terms/known-names.ts'
import * as ops from './operations/reduce-op.ts'
import type { Element, Op, OpLike, ViewOp } from './operations/reduce-op.ts'
import { type Persistent, startAll } from './requests/persistent.ts'
import type { Request } from './terms/request.ts'
import type { Host } from './link/host.ts'
import { packed, withoutStrides } from './requests/packed.ts'
import { Status } from './terms/status.ts'
import {
  type IndexedShape,
  indexedOf,
  type Strided,
  type SubarrayShape,
  subarrayOf,
  type VectorShape,
  vectorOf,
} from './datatypes/strided.ts'
import { VERSION } from './version.ts'

/** The object `MPI`: communicators, constants, operations, and what belongs to the whole job. */
export interface MPIStatic {
  /** All ranks of the job. MPI 4.1 §7.2.4. */
  readonly COMM_WORLD: Comm
  /** This rank alone. MPI 4.1 §7.2.4. */
  readonly COMM_SELF: SelfComm
  /** As source: whichever rank sends first. MPI 4.1 §3.2.4. */
  readonly ANY_SOURCE: number
  /** As tag of a receive: any. MPI 4.1 §3.2.4. */
  readonly ANY_TAG: number
  /** As rank: nobody; calls return at once. MPI 4.1 §3.11. */
  readonly PROC_NULL: number
  /** As colour of `split`: joins nothing. As rank: is no member. MPI 4.1 §7.4.2. */
  readonly UNDEFINED: number
  /** The highest tag, 2^31 - 1. MPI 4.1 §9.1.2. */
  readonly TAG_UB: number
  /** As send view of a collective: the contribution is in the receive view. MPI 4.1 §6.2. */
  readonly IN_PLACE: InPlace
  /** `compare`: the same communicator, or groups of the same ranks in the same order. MPI 4.1 §7.3.1, §7.4.1. */
  readonly IDENT: number
  /** `compare`: communicators of the same ranks in the same order. MPI 4.1 §7.4.1. */
  readonly CONGRUENT: number
  /** `compare`: the same ranks in another order. MPI 4.1 §7.3.1, §7.4.1. */
  readonly SIMILAR: number
  /** `compare`: other ranks. MPI 4.1 §7.3.1, §7.4.1. */
  readonly UNEQUAL: number
  /** Sum. As all predefined operations on numbers, bigints, booleans and views; integers of views wrap like their type. MPI 4.1 §6.9.2. */
  readonly SUM: Op
  /** Product, of what SUM takes. MPI 4.1 §6.9.2. */
  readonly PROD: Op
  /** Minimum, of what SUM takes. MPI 4.1 §6.9.2. */
  readonly MIN: Op
  /** Maximum, of what SUM takes. MPI 4.1 §6.9.2. */
  readonly MAX: Op
  /** On `{ value, loc }`: the smallest value, and of equal ones that with the lowest loc. MPI 4.1 §6.9.4. */
  readonly MINLOC: Op
  /** On `{ value, loc }`: the largest value, and of equal ones that with the lowest loc. MPI 4.1 §6.9.4. */
  readonly MAXLOC: Op
  /** Logical and: 0 or 1, of booleans a boolean. MPI 4.1 §6.9.2. */
  readonly LAND: Op
  /** Logical or: 0 or 1, of booleans a boolean. MPI 4.1 §6.9.2. */
  readonly LOR: Op
  /** Logical exclusive or: 0 or 1, of booleans a boolean. MPI 4.1 §6.9.2. */
  readonly LXOR: Op
  /** Bitwise and, of integers. MPI 4.1 §6.9.2. */
  readonly BAND: Op
  /** Bitwise or, of integers. MPI 4.1 §6.9.2. */
  readonly BOR: Op
  /** Bitwise exclusive or, of integers. MPI 4.1 §6.9.2. */
  readonly BXOR: Op
  /** Of windows' `accumulate`, `getAccumulate` and `fetchAndOp` alone: what is there becomes what is given. MPI 4.1 §12.3.4. */
  readonly REPLACE: Op
  /** Of windows' `getAccumulate`, `fetchAndOp` and `accumulate` alone: what is there stays. MPI 4.1 §12.3.4. */
  readonly NO_OP: Op
  /**
   * Makes an operation of `fn(lower, higher)`, of two values or two elements of views; `lower` comes from lower ranks. `commute`: the caller promises
   * fn(a, b) = fn(b, a). Throws ERR_OP. MPI 4.1 §6.9.5.
   */
  op<T>(fn: (lower: T, higher: T) => T, options?: { commute?: boolean }): Op
  /**
   * Elements of a view that do not lie together, such as a column: `count` blocks of `blockLength` (1) elements, `stride` apart, from `offset` on.
   * Stands wherever a view may stand. Throws ERR_TYPE, ERR_ARG, ERR_COUNT. MPI 4.1 §5.1.2.
   */
  vector<V extends View>(view: V, shape: VectorShape): Strided<V>
  /** A part of an array of several dimensions that lies in a view, the last dimension contiguous. As `vector`. MPI 4.1 §5.1.3. */
  subarray<V extends View>(view: V, shape: SubarrayShape): Strided<V>
  /** Blocks of any lengths at any places of a view, in the given order. As `vector`; received into, blocks must not overlap. MPI 4.1 §5.1.2. */
  indexed<V extends View>(view: V, shape: IndexedShape): Strided<V>
  /** `op` of two values, or of two views element by element, in new memory; local. Throws ERR_OP, ERR_TYPE, ERR_COUNT. MPI 4.1 §6.9.7. */
  reduceLocal<T>(lower: T, higher: T, op?: OpLike<Element<T>>): T
  /** `recv` becomes `send` op `recv`, element by element; local. Throws ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER. MPI 4.1 §6.9.7. */
  reduceLocalInto(send: View | Strided, recv: View | Strided, op?: ViewOp): void
  /** What is known of a received message. MPI 4.1 §3.2.5. */
  readonly Status: typeof Status
  /** The class of `comm.group`. MPI 4.1 §7.3. */
  readonly Group: typeof Group
  /**
   * Extents of a grid of `n` ranks: `dims` is their number, or a list whose zeros are filled in. As equal as the divisors of `n` allow, not
   * increasing. Throws ERR_DIMS where no such grid has `n` ranks. Local. MPI 4.1 §8.5.2.
   */
  dims(n: number, dims: number | readonly number[]): number[]
  /**
   * `length` elements of zeroed memory that other ranks of the node can read: messages out of it are copied once instead of twice, and a
   * window over it needs no copy. Freed by the garbage collector. What is given to `isend` belongs to it until its request is done. Throws
   * ERR_TYPE, ERR_COUNT, ERR_NO_MEM. MPI 4.1 §9.2.
   */
  alloc<C extends ViewConstructor>(constructor: C, length: number): InstanceType<C>
  /**
   * Blocks until all requests are done; their values in order. Throws what made one of them fail, ERR_TIMEOUT after `timeout` ms.
   * MPI 4.1 §3.7.5.
   */
  waitAll<R extends readonly Request<unknown>[]>(requests: R, options?: { timeout?: number }): Values<R>
  /**
   * Blocks until a request is done. Passed over are cancelled ones, and those that this call, `waitSome` or `testAny` has told of before:
   * called again and again, it tells of each once. Index UNDEFINED where no other is left. Throws what made it fail, ERR_TIMEOUT, ERR_ARG.
   * MPI 4.1 §3.7.5.
   */
  waitAny(requests: readonly Request<unknown>[], options?: { timeout?: number }): Completed
  /** Blocks until at least one request is done; all that are. Passes over the same as `waitAny`; empty where no other is left. MPI 4.1 §3.7.5. */
  waitSome(requests: readonly Request<unknown>[], options?: { timeout?: number }): Completed[]
  /** Whether all requests are done, with their values in order. Never blocks. MPI 4.1 §3.7.5. */
  testAll<R extends readonly Request<unknown>[]>(requests: R): TestedAll<R>
  /**
   * Whether a request is done, with the first that is. Passes over the same as `waitAny`; done with index UNDEFINED where no other is left.
   * Never blocks. MPI 4.1 §3.7.5.
   */
  testAny(requests: readonly Request<unknown>[]): TestedAny
  /** Those of the requests that are done and that nobody has been told of, none where no one is; never blocks. Passes over the same as `waitAny`. MPI 4.1 §3.7.5. */
  testSome(requests: readonly Request<unknown>[]): Completed[]
  /** Starts persistent requests, in order. Throws ERR_ARG, and ERR_REQUEST for one that is active. MPI 4.1 §3.9. */
  startAll(requests: readonly Persistent[]): void
  /** Seconds since the job began; the epoch is the same on all ranks. MPI 4.1 §9.6. */
  wtime(): number
  /** Name of the machine. MPI 4.1 §9.1.2. */
  processorName(): string
  /** Number of this rank's node, 0…nodeCount-1. */
  readonly nodeId: number
  /** Number of nodes that the job runs on. */
  readonly nodeCount: number
  /** Version of mpirun-ts, such as '0.1.0'. */
  readonly version: string
}

/** Makes the object `MPI` of a rank. */
export function createMpi(engine: Engine, host: Host, world: Comm & Members, self: Comm): MPIStatic {
  const completion = new Completion(engine)
  // performance.now() never jumps; its own epoch is that of the thread. Node loads `performance` when it is first used.
  let offsetMs: number | undefined
  const wtime = (): number => {
    offsetMs ??= performance.timeOrigin - host.epochMs
    return (performance.now() + offsetMs) / 1000
  }
  const { SUM, PROD, MIN, MAX, MINLOC, MAXLOC, LAND, LOR, LXOR, BAND, BOR, BXOR, REPLACE, NO_OP } = ops
  const predefined = { SUM, PROD, MIN, MAX, MINLOC, MAXLOC, LAND, LOR, LXOR, BAND, BOR, BXOR, REPLACE, NO_OP }
  const mpi: MPIStatic = {
    COMM_WORLD: world,
    // Root of every call on it is this rank.
    COMM_SELF: self as SelfComm,
    ANY_SOURCE,
    ANY_TAG,
    PROC_NULL,
    UNDEFINED,
    TAG_UB,
    IN_PLACE,
    IDENT,
    CONGRUENT,
    SIMILAR,
    UNEQUAL,
    ...predefined,
    op: (fn, options) => ops.checkedOp(fn, options, engine.rank),
    vector: (view, shape) => vectorOf(view, shape, engine.rank),
    subarray: (view, shape) => subarrayOf(view, shape, engine.rank),
    indexed: (view, shape) => indexedOf(view, shape, engine.rank),
    // An operation that is given and undefined is a misspelt one.
    reduceLocal: (lower, higher, ...op) => {
      return reduceLocal(world, withoutStrides(lower), withoutStrides(higher), op.length === 0 ? SUM : op[0])
    },
    reduceLocalInto: (send, recv, ...op) => {
      packed(send, recv, (s, r) => reduceLocalInto(world, s, r, op.length === 0 ? SUM : op[0]))
    },
    Status,
    Group,
    dims: (n, dims) => createDims(n, dims, engine.rank),
    alloc: (constructor, length) => allocView(engine.allocated, engine.rank, constructor, length),
    waitAll: (requests, options) => completion.waitAll(requests, options),
    waitAny: (requests, options) => completion.waitAny(requests, options),
    waitSome: (requests, options) => completion.waitSome(requests, options),
    testAll: (requests) => completion.testAll(requests),
    testAny: (requests) => completion.testAny(requests),
    testSome: (requests) => completion.testSome(requests),
    startAll: (requests) => startAll(requests, engine.rank),
    wtime,
    processorName: () => host.processorName,
    nodeId: host.nodeId,
    nodeCount: host.nodeCount,
    version: VERSION,
  }
  Object.setPrototypeOf(mpi, refuseUnknownNames(Object.keys(mpi), engine.rank))
  return mpi
}
