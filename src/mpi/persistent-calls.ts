import type { AlltoallOptions, BlockOptions, ReduceScatterOptions } from './collective-calls.ts'
import type { InPlace } from './constants.ts'
import type { View } from './datatype.ts'
import type { Persistent } from './persistent.ts'
import type { ViewOp } from './reduce-op.ts'
import type { Strided } from './strided.ts'

type Elements = View | Strided

/**
 * Calls that are prepared once and started again and again. Each takes what the call of the same name into views takes, and gives a Persistent; its
 * `start` never blocks. Views are read when it is started, and filled until it is found done. Wrong ranks, tags, roots, operations and views throw
 * at once; what else the call throws comes out of `start` and `wait`. Those of collectives are made and started by all ranks in the same order.
 * MPI 4.1 §3.9, §6.13.
 */
export interface PersistentCalls {
  /** `isend` of a view or value. */
  sendInit(x: unknown, dest: number, tag?: number): Persistent
  /** `issend` of a view or value. */
  ssendInit(x: unknown, dest: number, tag?: number): Persistent
  /** `irecvInto`. */
  recvInit(view: Elements, source?: number, tag?: number): Persistent
  /** `ibarrier`. */
  barrierInit(): Persistent
  /** `ibcastInto`. */
  bcastInit(view: Elements, root?: number): Persistent
  /** `iscatterInto`. */
  scatterInit(
    send: Elements | InPlace | null,
    recv: Elements | InPlace,
    root?: number,
    options?: BlockOptions,
  ): Persistent
  /** `igatherInto`. */
  gatherInit(send: Elements | InPlace, recv: Elements | null, root?: number, options?: BlockOptions): Persistent
  /** `iallgatherInto`. */
  allgatherInit(send: Elements | InPlace, recv: Elements, options?: BlockOptions): Persistent
  /** `ialltoallInto`. */
  alltoallInit(send: Elements | InPlace, recv: Elements, options?: AlltoallOptions): Persistent
  /** `ireduceInto`. */
  reduceInit(send: Elements | InPlace, recv: Elements | null, op?: ViewOp, root?: number): Persistent
  /** `iallreduceInto`. */
  allreduceInit(send: Elements | InPlace, recv: Elements, op?: ViewOp): Persistent
  /** `iscanInto`. */
  scanInit(send: Elements | InPlace, recv: Elements, op?: ViewOp): Persistent
  /** `iexscanInto`. */
  exscanInit(send: Elements | InPlace, recv: Elements, op?: ViewOp): Persistent
  /** `ireduceScatterInto`. */
  reduceScatterInit(send: Elements | InPlace, recv: Elements, op?: ViewOp, options?: ReduceScatterOptions): Persistent
}
