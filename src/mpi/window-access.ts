import type { View } from './datatype.ts'
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

/** One rank's part of a window, for another rank or itself. Indices are elements and have been checked. */
export interface WindowTarget {
  put(view: View, index: number): void
  get(into: View, index: number): void
  /** `operation`: name of a predefined operation that is defined on the elements. */
  accumulate(operation: string, view: View, index: number): void
  /** Returns the old value. */
  fetchAndOp(operation: string, operand: View, index: number): number | bigint
  /** `values`: expected and desired. Returns the old value. */
  compareAndSwap(values: View, index: number): number | bigint
  /** Blocks until this rank has the lock. */
  lock(isShared: boolean): void
  unlock(): void
  /** Blocks until all that was begun is done at the target. */
  flush(): void
}

/** Memory that ranks share, as a rank's surroundings give it (rank/node-windows.ts). */
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
