import type { View } from '../datatypes/datatype.ts'
import type { Watch } from './link.ts'

/** What the ranks of a communicator tell each other of their parts of a window: elements, and numbers that only the surroundings read. */
export interface PartAddress {
  readonly length: number
  readonly datatype: number
  readonly byteOffset: number
  readonly numbers: readonly number[]
}

/** This rank's part while a window is made. */
export interface OwnPart {
  readonly address: PartAddress
  /** What other ranks read and write: the memory that was given, where it is shared memory. */
  readonly view: View
}

/**
 * Blocks until `watch` says that something has come; messages move meanwhile. `what`: for reports, in the user's words. Throws ERR_REVOKED, and
 * ERR_PROC_FAILED where the target is lost on another node.
 */
export type WindowWait = (what: string, watch: Watch) => void

/** The communicator of a window: world ranks in order, and this rank's place among them. */
export interface WindowMembers {
  readonly worldRanks: readonly number[]
  readonly rank: number
}

/** A call at a target that goes on by itself, without a wait of its caller. */
export interface Begun<T> extends Watch {
  /** The outcome, once hasCome() has said that it is done; once. */
  finish(): T
  /** Nobody waits for it any more: nothing of the caller's memory is used, and a place in a queue is given up. */
  abandon(): void
}

/**
 * One rank's part of a window, for another rank or itself. Indices are elements and have been checked. The calls with i in front never block: `iput` and
 * `iaccumulate` are done when all is on its way, and what waits for that is copied at once; the others when their outcome is here.
 */
export interface WindowTarget {
  put(view: View, index: number): void
  iput(view: View, index: number): Begun<void>
  get(into: View, index: number): void
  iget(into: View, index: number): Begun<void>
  /** `operation`: name of an operation that is defined on the elements (wire/window-messages.ts). */
  accumulate(operation: string, view: View, index: number): void
  iaccumulate(operation: string, view: View, index: number): Begun<void>
  /** `into` gets what was there; it is as long as `view`, and apart from it. */
  getAccumulate(operation: string, view: View, into: View, index: number): void
  igetAccumulate(operation: string, view: View, into: View, index: number): Begun<void>
  /** Returns the old value. */
  fetchAndOp(operation: string, operand: View, index: number): number | bigint
  ifetchAndOp(operation: string, operand: View, index: number): Begun<number | bigint>
  /** `values`: expected and desired. Returns the old value. */
  compareAndSwap(values: View, index: number): number | bigint
  icompareAndSwap(values: View, index: number): Begun<number | bigint>
  /** Blocks until this rank has the lock. */
  lock(isShared: boolean): void
  ilock(isShared: boolean): Begun<void>
  unlock(): void
  iunlock(): Begun<void>
  /** Blocks until all that was begun is done at the target; a lock that this rank waits for is not heeded. */
  flush(): void
  iflush(): Begun<void>
}

/** Memory that ranks share, as a rank's surroundings give it (rank/windows/node-windows.ts). */
export interface WindowAccess {
  /** Whether a world rank is on this node. */
  isLocal(worldRank: number): boolean
  /** Makes this rank's part reachable for all members. `isShared`: `view` is to be the part itself, not a copy. */
  expose(members: WindowMembers, view: View): OwnPart
  /** The part of member `rank`. Blocks until it can be reached. */
  open(members: WindowMembers, rank: number, address: PartAddress, wait: WindowWait): WindowTarget
  /** Ends what expose() gave; nobody uses it any more. */
  close(members: WindowMembers, part: OwnPart): void
  /** Gives shared memory to the other members, all of this node; they get it by take(). */
  give(members: WindowMembers, buffer: SharedArrayBuffer): number
  take(worldRank: number, number: number): SharedArrayBuffer
  /** Ends what give() gave, when all have taken it. */
  release(members: WindowMembers, number: number): void
}
