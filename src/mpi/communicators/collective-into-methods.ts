import { allgatherInto } from '../collectives/allgather/by-messages.ts'
import { allreduceInto } from '../collectives/allreduce/by-messages.ts'
import { alltoallInto } from '../collectives/alltoall/by-messages.ts'
import { bcastInto } from '../collectives/bcast/by-messages.ts'
import { gatherInto } from '../collectives/gather/by-messages.ts'
import { reduceInto } from '../collectives/reduce/by-messages.ts'
import { reduceScatterInto } from '../collectives/reduce-scatter/by-messages.ts'
import { run, start } from '../collectives/call/run.ts'
import { exscanInto, scanInto } from '../collectives/scan/by-messages.ts'
import { scatterInto } from '../collectives/scatter/by-messages.ts'
import type { AlltoallOptions, BlockOptions, ReduceScatterOptions } from '../api/collective-calls.ts'
import { byDefault } from '../terms/by-default.ts'
import { ALLTOALL_BLOCKS } from '../terms/check-options.ts'
import type { InPlace } from '../terms/constants.ts'
import { type View } from '../datatypes/datatype.ts'
import { allreduceIntoView } from '../collectives/allreduce/in-memory.ts'
import { allreduceIntoOverNodes } from '../collectives/allreduce/over-nodes.ts'
import { allgatherIntoInMemory } from '../collectives/allgather/in-memory.ts'
import { alltoallIntoInMemory } from '../collectives/alltoall/in-memory.ts'
import { bcastIntoInMemory } from '../collectives/bcast/in-memory.ts'
import { gatherIntoInMemory } from '../collectives/gather/in-memory.ts'
import { reduceIntoInMemory } from '../collectives/reduce/in-memory.ts'
import { reduceScatterIntoInMemory } from '../collectives/reduce-scatter/in-memory.ts'
import { scanIntoInMemory } from '../collectives/scan/in-memory.ts'
import { scatterIntoInMemory } from '../collectives/scatter/in-memory.ts'
import { MOST_BLOCKS } from '../collectives/in-memory/slot-blocks.ts'
import { MOST_PARTS } from '../collectives/in-memory/slot-parts.ts'
import { PointToPointMethods } from './point-to-point-methods.ts'
import { SUM, type ViewOp } from '../operations/reduce-op.ts'
import type { Options, Request } from '../terms/request.ts'
import { ipacked, isStrided, packed } from '../requests/packed.ts'
import type { Strided } from '../datatypes/strided.ts'

// Options that calls have beside the common ones.
const BLOCKS = ['counts', 'displs'] as const
const COUNTS = ['counts'] as const

/** The collective calls of a communicator that fill the caller's views, documented in collective-calls.ts; each runs a plan of collectives/. */
export class CollectiveIntoMethods extends PointToPointMethods {
  bcastInto(view: View | Strided, root: number = byDefault(arguments.length, 1, 0), options?: Options): void {
    this.pointToPoint.checkUsable('bcastInto', options)
    if (isStrided(view)) return packed(null, view, (_, v) => this.bcastInto(v, root, options))
    const calls = this.nodeCalls
    if (calls !== null && bcastIntoInMemory(calls, view, root, options)) return
    return run(bcastInto(this, view, root), options)
  }

  ibcastInto(view: View | Strided, root: number = byDefault(arguments.length, 1, 0)): Request<void> {
    this.pointToPoint.checkUsable('ibcastInto')
    if (isStrided(view)) return ipacked(this.job.engine, null, view, (_, v) => this.ibcastInto(v, root))
    return start(() => bcastInto(this, view, root))
  }

  scatterInto(
    send: View | Strided | InPlace | null,
    recv: View | Strided | InPlace,
    root: number = byDefault(arguments.length, 2, 0),
    options: BlockOptions = {},
  ): void {
    this.pointToPoint.checkUsable('scatterInto', options, BLOCKS)
    if (isStrided(send) || isStrided(recv)) return packed(send, recv, (s, r) => this.scatterInto(s, r, root, options))
    const calls = this.nodeCallsUpTo(MOST_PARTS)
    if (calls !== null) return scatterIntoInMemory(calls, send, recv, root, options)
    return run(scatterInto(this, send, recv, root, options), options)
  }

  iscatterInto(
    send: View | Strided | InPlace | null,
    recv: View | Strided | InPlace,
    root: number = byDefault(arguments.length, 2, 0),
    options: BlockOptions = {},
  ): Request<void> {
    this.pointToPoint.checkUsable('iscatterInto', options, BLOCKS)
    if (isStrided(send) || isStrided(recv))
      return ipacked(this.job.engine, send, recv, (s, r) => this.iscatterInto(s, r, root, options))
    return start(() => scatterInto(this, send, recv, root, options))
  }

  gatherInto(
    send: View | Strided | InPlace,
    recv: View | Strided | null,
    root: number = byDefault(arguments.length, 2, 0),
    options: BlockOptions = {},
  ): void {
    this.pointToPoint.checkUsable('gatherInto', options, BLOCKS)
    if (isStrided(send) || isStrided(recv)) return packed(send, recv, (s, r) => this.gatherInto(s, r, root, options))
    const calls = this.nodeCalls
    if (calls !== null) return gatherIntoInMemory(calls, send, recv, root, options)
    return run(gatherInto(this, send, recv, root, options), options)
  }

  igatherInto(
    send: View | Strided | InPlace,
    recv: View | Strided | null,
    root: number = byDefault(arguments.length, 2, 0),
    options: BlockOptions = {},
  ): Request<void> {
    this.pointToPoint.checkUsable('igatherInto', options, BLOCKS)
    if (isStrided(send) || isStrided(recv))
      return ipacked(this.job.engine, send, recv, (s, r) => this.igatherInto(s, r, root, options))
    return start(() => gatherInto(this, send, recv, root, options))
  }

  allgatherInto(send: View | Strided | InPlace, recv: View | Strided, options: BlockOptions = {}): void {
    this.pointToPoint.checkUsable('allgatherInto', options, BLOCKS)
    if (isStrided(send) || isStrided(recv)) return packed(send, recv, (s, r) => this.allgatherInto(s, r, options))
    const calls = this.nodeCalls
    if (calls !== null) return allgatherIntoInMemory(calls, send, recv, options)
    return run(allgatherInto(this, send, recv, options), options)
  }

  iallgatherInto(send: View | Strided | InPlace, recv: View | Strided, options: BlockOptions = {}): Request<void> {
    this.pointToPoint.checkUsable('iallgatherInto', options, BLOCKS)
    if (isStrided(send) || isStrided(recv))
      return ipacked(this.job.engine, send, recv, (s, r) => this.iallgatherInto(s, r, options))
    return start(() => allgatherInto(this, send, recv, options))
  }

  alltoallInto(send: View | Strided | InPlace, recv: View | Strided, options: AlltoallOptions = {}): void {
    this.pointToPoint.checkUsable('alltoallInto', options, ALLTOALL_BLOCKS)
    if (isStrided(send) || isStrided(recv)) return packed(send, recv, (s, r) => this.alltoallInto(s, r, options))
    const calls = this.nodeCallsUpTo(MOST_BLOCKS)
    if (calls !== null) return alltoallIntoInMemory(calls, send, recv, options)
    return run(alltoallInto(this, send, recv, options), options)
  }

  ialltoallInto(send: View | Strided | InPlace, recv: View | Strided, options: AlltoallOptions = {}): Request<void> {
    this.pointToPoint.checkUsable('ialltoallInto', options, ALLTOALL_BLOCKS)
    if (isStrided(send) || isStrided(recv))
      return ipacked(this.job.engine, send, recv, (s, r) => this.ialltoallInto(s, r, options))
    return start(() => alltoallInto(this, send, recv, options))
  }

  reduceInto(
    send: View | Strided | InPlace,
    recv: View | Strided | null,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    root: number = byDefault(arguments.length, 3, 0),
    options?: Options,
  ): void {
    this.pointToPoint.checkUsable('reduceInto', options)
    if (isStrided(send) || isStrided(recv))
      return packed(send, recv, (s, r) => this.reduceInto(s, r, op, root, options))
    const calls = this.nodeCalls
    if (calls !== null && reduceIntoInMemory(calls, send, recv, op, root, options)) return
    return run(reduceInto(this, send, recv, op, root), options)
  }

  ireduceInto(
    send: View | Strided | InPlace,
    recv: View | Strided | null,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    root: number = byDefault(arguments.length, 3, 0),
  ): Request<void> {
    this.pointToPoint.checkUsable('ireduceInto')
    if (isStrided(send) || isStrided(recv))
      return ipacked(this.job.engine, send, recv, (s, r) => this.ireduceInto(s, r, op, root))
    return start(() => reduceInto(this, send, recv, op, root))
  }

  allreduceInto(
    send: View | Strided | InPlace,
    recv: View | Strided,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    options?: Options,
  ): void {
    this.pointToPoint.checkUsable('allreduceInto', options)
    if (isStrided(send) || isStrided(recv)) return packed(send, recv, (s, r) => this.allreduceInto(s, r, op, options))
    const calls = this.nodeCalls
    if (calls !== null && allreduceIntoView(calls, send, recv, op, options)) return
    const over = this.overNodes
    if (over !== null && allreduceIntoOverNodes(over, send, recv, op, options)) return
    return run(allreduceInto(this, send, recv, op), options)
  }

  iallreduceInto(
    send: View | Strided | InPlace,
    recv: View | Strided,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
  ): Request<void> {
    this.pointToPoint.checkUsable('iallreduceInto')
    if (isStrided(send) || isStrided(recv))
      return ipacked(this.job.engine, send, recv, (s, r) => this.iallreduceInto(s, r, op))
    return start(() => allreduceInto(this, send, recv, op))
  }

  scanInto(
    send: View | Strided | InPlace,
    recv: View | Strided,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    options?: Options,
  ): void {
    this.pointToPoint.checkUsable('scanInto', options)
    if (isStrided(send) || isStrided(recv)) return packed(send, recv, (s, r) => this.scanInto(s, r, op, options))
    const calls = this.nodeCalls
    if (calls !== null) return scanIntoInMemory(calls, 'scanInto', send, recv, op, options)
    return run(scanInto(this, send, recv, op), options)
  }

  iscanInto(
    send: View | Strided | InPlace,
    recv: View | Strided,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
  ): Request<void> {
    this.pointToPoint.checkUsable('iscanInto')
    if (isStrided(send) || isStrided(recv))
      return ipacked(this.job.engine, send, recv, (s, r) => this.iscanInto(s, r, op))
    return start(() => scanInto(this, send, recv, op))
  }

  exscanInto(
    send: View | Strided | InPlace,
    recv: View | Strided,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    options?: Options,
  ): void {
    this.pointToPoint.checkUsable('exscanInto', options)
    if (isStrided(send) || isStrided(recv)) return packed(send, recv, (s, r) => this.exscanInto(s, r, op, options))
    const calls = this.nodeCalls
    if (calls !== null) return scanIntoInMemory(calls, 'exscanInto', send, recv, op, options)
    return run(exscanInto(this, send, recv, op), options)
  }

  iexscanInto(
    send: View | Strided | InPlace,
    recv: View | Strided,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
  ): Request<void> {
    this.pointToPoint.checkUsable('iexscanInto')
    if (isStrided(send) || isStrided(recv))
      return ipacked(this.job.engine, send, recv, (s, r) => this.iexscanInto(s, r, op))
    return start(() => exscanInto(this, send, recv, op))
  }

  reduceScatterInto(
    send: View | Strided | InPlace,
    recv: View | Strided,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    options: ReduceScatterOptions = {},
  ): void {
    this.pointToPoint.checkUsable('reduceScatterInto', options, COUNTS)
    if (isStrided(send) || isStrided(recv))
      return packed(send, recv, (s, r) => this.reduceScatterInto(s, r, op, options))
    const calls = this.nodeCallsUpTo(MOST_PARTS)
    if (calls !== null && reduceScatterIntoInMemory(calls, send, recv, op, options.counts, options)) return
    return run(reduceScatterInto(this, send, recv, op, options.counts), options)
  }

  ireduceScatterInto(
    send: View | Strided | InPlace,
    recv: View | Strided,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    options: ReduceScatterOptions = {},
  ): Request<void> {
    this.pointToPoint.checkUsable('ireduceScatterInto', options, COUNTS)
    if (isStrided(send) || isStrided(recv))
      return ipacked(this.job.engine, send, recv, (s, r) => this.ireduceScatterInto(s, r, op, options))
    return start(() => reduceScatterInto(this, send, recv, op, options.counts))
  }
}
