import type { View } from './datatype.ts'
import type { Group } from './group.ts'
import type { Strided } from './strided.ts'
import type { Op } from './reduce-op.ts'

/**
 * Memory of each rank that the others read and write without its help, also while it computes (MPI 4.1 §12). Calls block. Indices and lengths
 * are elements of the target's view, `index` is 0 by default; `rank` is a rank of the communicator, or PROC_NULL, for which nothing happens and
 * which gives 0. Errors are thrown before anything is done: ERR_RANK, ERR_TYPE (a view of another type than the target's), ERR_DISP (elements outside of the target's view),
 * ERR_OP, ERR_WIN (the window has been freed), ERR_RMA_SYNC. docs/windows.md says what is atomic and when changes are seen.
 */
export interface Window {
  /** What errors and reports call it; may be set. MPI 4.1 §7.8. */
  name: string
  /** The ranks of its communicator. Local. MPI 4.1 §12.2.6. */
  readonly group: Group
  /** Elements of the part of a rank. Never blocks. Throws ERR_RANK, ERR_WIN. MPI 4.1 §12.2.6 (MPI_WIN_SIZE). */
  lengthOf(rank: number): number
  /** Writes `view` to elements `index` … of `rank`. On another node it is done after `flush`, `unlock` or `fence`; `view` may be changed at once. MPI 4.1 §12.3.1. */
  put(view: View | Strided, rank: number, index?: number): void
  /** Reads `into.length` elements from `index` on of `rank`; they are there when it returns. MPI 4.1 §12.3.2. */
  get(into: View | Strided, rank: number, index?: number): void
  /** `part[index + i] = op(part[index + i], view[i])`, each element atomically; `op`: SUM by default, predefined operations only. When it is done: as `put`. MPI 4.1 §12.3.4. */
  accumulate(view: View | Strided, rank: number, index?: number, op?: Op): void
  /** Combines one element with `value` (by SUM, or another predefined operation), atomically, and returns what it was. MPI 4.1 §12.3.4 (MPI_Fetch_and_op). */
  fetchAndOp(value: number, rank: number, index?: number, op?: Op): number
  /** The same for views of bigints. */
  fetchAndOp(value: bigint, rank: number, index?: number, op?: Op): bigint
  /** Stores `desired` in one element where it is equal to `expected`, atomically; returns what it was. MPI 4.1 §12.3.4 (MPI_Compare_and_swap). */
  compareAndSwap(expected: number, desired: number, rank: number, index?: number): number
  /** The same for views of bigints. */
  compareAndSwap(expected: bigint, desired: bigint, rank: number, index?: number): bigint
  /**
   * Blocks until no other rank has the part of `rank` locked; with `shared`, until none has it alone. First come, first served. Throws ERR_RMA_SYNC
   * where this rank has it already. MPI 4.1 §12.5.3.
   */
  lock(rank: number, options?: { shared?: boolean }): void
  /** `lock` of every rank, shared. MPI 4.1 §12.5.3. */
  lockAll(): void
  /** `unlock` of every rank. Throws ERR_RMA_SYNC where one is not locked. MPI 4.1 §12.5.3. */
  unlockAll(): void
  /** Returns when all that this rank has begun no longer needs its views, which is at once: they may always be changed. MPI 4.1 §12.5.4. */
  flushLocal(rank?: number): void
  /** Returns when all that was done under the lock is done at the target, and gives the lock back. Throws ERR_RMA_SYNC without a lock. MPI 4.1 §12.5.3. */
  unlock(rank: number): void
  /** Returns when everything begun at `rank` (at all ranks without) is done there. MPI 4.1 §12.5.4. */
  flush(rank?: number): void
  /** Returns when everything that any rank has begun before is done everywhere. Collective. Throws ERR_RMA_SYNC while this rank has a lock. MPI 4.1 §12.5.1. */
  fence(): void
  /** Like `fence`, and gives the window back: later calls throw ERR_WIN. Collective. MPI 4.1 §12.2.5. */
  free(): void
}
