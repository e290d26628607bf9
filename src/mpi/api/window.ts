import type { View } from '../datatypes/datatype.ts'
import type { Group } from '../groups/group.ts'
import type { Strided } from '../datatypes/strided.ts'
import type { Op } from '../operations/reduce-op.ts'
import type { Request } from '../terms/request.ts'

/**
 * Memory of each rank that the others read and write without its help, also while it computes (MPI 4.1 §12). Calls block; those with i in
 * front do not and return a request. Indices and lengths
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
  /** Awaitable `put`: done when all is on its way; `view` may be changed at once. MPI 4.1 §12.3.5 (MPI_Rput). */
  iput(view: View | Strided, rank: number, index?: number): Request<void>
  /** Reads `into.length` elements from `index` on of `rank`; they are there when it returns. MPI 4.1 §12.3.2. */
  get(into: View | Strided, rank: number, index?: number): void
  /** Awaitable `get`: done when the elements are in `into`, which is left alone until then. MPI 4.1 §12.3.5 (MPI_Rget). */
  iget(into: View | Strided, rank: number, index?: number): Request<void>
  /** `part[index + i] = op(part[index + i], view[i])`, each element atomically; `op`: SUM by default, predefined operations only. When it is done: as `put`. MPI 4.1 §12.3.4. */
  accumulate(view: View | Strided, rank: number, index?: number, op?: Op): void
  /** Awaitable `accumulate`: done as `iput`. MPI 4.1 §12.3.5 (MPI_Raccumulate). */
  iaccumulate(view: View | Strided, rank: number, index?: number, op?: Op): Request<void>
  /**
   * As `accumulate`; `into`, which is as long as `view` and apart from it, gets what the elements were. With MPI.NO_OP nothing changes and `view` is not
   * used: it may be null. Throws also ERR_COUNT, ERR_BUFFER. MPI 4.1 §12.3.4 (MPI_Get_accumulate).
   */
  getAccumulate(view: View | Strided | null, into: View | Strided, rank: number, index?: number, op?: Op): void
  /** Awaitable `getAccumulate`: done when the old elements are in `into`; `view` may be changed at once. MPI 4.1 §12.3.5 (MPI_Rget_accumulate). */
  igetAccumulate(
    view: View | Strided | null,
    into: View | Strided,
    rank: number,
    index?: number,
    op?: Op,
  ): Request<void>
  /** Combines one element with `value` (by SUM, or another predefined operation), atomically, and returns what it was. MPI 4.1 §12.3.4 (MPI_Fetch_and_op). */
  fetchAndOp(value: number, rank: number, index?: number, op?: Op): number
  /** The same for views of bigints. */
  fetchAndOp(value: bigint, rank: number, index?: number, op?: Op): bigint
  /** Awaitable `fetchAndOp`. MPI 4.1 §12.3.4. */
  ifetchAndOp(value: number, rank: number, index?: number, op?: Op): Request<number>
  /** The same for views of bigints. MPI 4.1 §12.3.4. */
  ifetchAndOp(value: bigint, rank: number, index?: number, op?: Op): Request<bigint>
  /** Stores `desired` in one element where it is equal to `expected`, atomically; returns what it was. MPI 4.1 §12.3.4 (MPI_Compare_and_swap). */
  compareAndSwap(expected: number, desired: number, rank: number, index?: number): number
  /** The same for views of bigints. */
  compareAndSwap(expected: bigint, desired: bigint, rank: number, index?: number): bigint
  /** Awaitable `compareAndSwap`. MPI 4.1 §12.3.4. */
  icompareAndSwap(expected: number, desired: number, rank: number, index?: number): Request<number>
  /** The same for views of bigints. MPI 4.1 §12.3.4. */
  icompareAndSwap(expected: bigint, desired: bigint, rank: number, index?: number): Request<bigint>
  /**
   * Blocks until no other rank has the part of `rank` locked; with `shared`, until none has it alone. First come, first served. Throws ERR_RMA_SYNC
   * where this rank has it already. MPI 4.1 §12.5.3.
   */
  lock(rank: number, options?: { shared?: boolean }): void
  /** Awaitable `lock`: this rank has the part from when it is done. Throws ERR_RMA_SYNC also where an `ilock` or `iunlock` of it is not done. MPI 4.1 §12.5.3. */
  ilock(rank: number, options?: { shared?: boolean }): Request<void>
  /** `lock` of every rank, shared. Throws ERR_RMA_SYNC where this rank has locked one. MPI 4.1 §12.5.3. */
  lockAll(): void
  /** Awaitable `lockAll`. MPI 4.1 §12.5.3. */
  ilockAll(): Request<void>
  /** `unlock` of every rank. Throws ERR_RMA_SYNC where one is not locked. MPI 4.1 §12.5.3. */
  unlockAll(): void
  /** Awaitable `unlockAll`. MPI 4.1 §12.5.3. */
  iunlockAll(): Request<void>
  /** Returns when all that this rank has begun no longer needs its views, which is at once: they may always be changed. MPI 4.1 §12.5.4. */
  flushLocal(rank?: number): void
  /** Returns when all that was done under the lock is done at the target, and gives the lock back. Throws ERR_RMA_SYNC without a lock. MPI 4.1 §12.5.3. */
  unlock(rank: number): void
  /** Awaitable `unlock`: the part is given back as soon as all that was begun is done there. MPI 4.1 §12.5.3. */
  iunlock(rank: number): Request<void>
  /** Returns when everything begun at `rank` (at all ranks without) is done there. MPI 4.1 §12.5.4. */
  flush(rank?: number): void
  /** Awaitable `flush`, of what was begun before it. MPI 4.1 §12.5.4. */
  iflush(rank?: number): Request<void>
  /** Returns when everything that any rank has begun before is done everywhere. Collective. Throws ERR_RMA_SYNC while this rank has a lock. MPI 4.1 §12.5.1. */
  fence(): void
  /** Awaitable `fence`, of what was begun before it. Collective: all ranks call this one. MPI 4.1 §12.5.1. */
  ifence(): Request<void>
  /** Like `fence`, and gives the window back: later calls throw ERR_WIN. Collective. MPI 4.1 §12.2.5. */
  free(): void
}
