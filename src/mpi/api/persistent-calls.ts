import type { AlltoallOptions, BlockOptions, ReduceScatterOptions } from './collective-calls.ts'
import type { InPlace } from '../terms/constants.ts'
import type { View } from '../datatypes/datatype.ts'
import type { Persistent } from '../requests/persistent.ts'
import type { ViewOp } from '../operations/reduce-op.ts'
import type { Strided } from '../datatypes/strided.ts'

type Elements = View | Strided

/**
 * Calls that are prepared once and started again and again. Each takes what the call of the same name into views takes, and gives a Persistent; its
 * `start` never blocks. Views are read when it is started, and filled until it is found done. Wrong ranks, tags, roots, operations and views throw
 * at once; what else the call throws comes out of `start` and `wait`. Those of collectives are made and started by all ranks in the same order.
 * MPI 4.1 §3.9, §6.13.
 */
export interface PersistentCalls {
  /** `isend` of a view or value. MPI 4.1 §3.9. */
  sendInit(x: unknown, dest: number, tag?: number): Persistent
  /** `issend` of a view or value. MPI 4.1 §3.9. */
  ssendInit(x: unknown, dest: number, tag?: number): Persistent
  /** `irecvInto`. MPI 4.1 §3.9. */
  recvInit(view: Elements, source?: number, tag?: number): Persistent
  /** `ibarrier`. MPI 4.1 §6.13. */
  barrierInit(): Persistent
  /** `ibcastInto`. MPI 4.1 §6.13. */
  bcastInit(view: Elements, root?: number): Persistent
  /** `iscatterInto`. MPI 4.1 §6.13. */
  scatterInit(
    send: Elements | InPlace | null,
    recv: Elements | InPlace,
    root?: number,
    options?: BlockOptions,
  ): Persistent
  /** `igatherInto`. MPI 4.1 §6.13. */
  gatherInit(send: Elements | InPlace, recv: Elements | null, root?: number, options?: BlockOptions): Persistent
  /** `iallgatherInto`. MPI 4.1 §6.13. */
  allgatherInit(send: Elements | InPlace, recv: Elements, options?: BlockOptions): Persistent
  /** `ialltoallInto`. MPI 4.1 §6.13. */
  alltoallInit(send: Elements | InPlace, recv: Elements, options?: AlltoallOptions): Persistent
  /** `ireduceInto`. MPI 4.1 §6.13. */
  reduceInit(send: Elements | InPlace, recv: Elements | null, op?: ViewOp, root?: number): Persistent
  /** `iallreduceInto`. MPI 4.1 §6.13. */
  allreduceInit(send: Elements | InPlace, recv: Elements, op?: ViewOp): Persistent
  /** `iscanInto`. MPI 4.1 §6.13. */
  scanInit(send: Elements | InPlace, recv: Elements, op?: ViewOp): Persistent
  /** `iexscanInto`. MPI 4.1 §6.13. */
  exscanInit(send: Elements | InPlace, recv: Elements, op?: ViewOp): Persistent
  /** `ireduceScatterInto`. MPI 4.1 §6.13. */
  reduceScatterInit(send: Elements | InPlace, recv: Elements, op?: ViewOp, options?: ReduceScatterOptions): Persistent
}
