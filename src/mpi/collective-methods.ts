import { allgather, allgatherInto } from './collectives/allgather.ts'
import { allreduce, allreduceInto } from './collectives/allreduce.ts'
import { alltoall, alltoallInto } from './collectives/alltoall.ts'
import { barrier } from './collectives/barrier.ts'
import { bcast, bcastInto } from './collectives/bcast.ts'
import { gather, gatherInto } from './collectives/gather.ts'
import { type MapOptions, type ParallelOptions, parallelMap } from './collectives/parallel-map.ts'
import { parallelReduce } from './collectives/parallel-reduce.ts'
import { reduce, reduceInto } from './collectives/reduce.ts'
import { reduceScatter, reduceScatterInto } from './collectives/reduce-scatter.ts'
import { run, start } from './collectives/run.ts'
import { exscan, exscanInto, scan, scanInto } from './collectives/scan.ts'
import { scatter, scatterInto } from './collectives/scatter.ts'
import type { AlltoallOptions, BlockOptions, CollectiveCalls, ReduceScatterOptions } from './collective-calls.ts'
import { byDefault } from './by-default.ts'
import { ALLTOALL_BLOCKS } from './check-options.ts'
import type { InPlace } from './constants.ts'
import { isView, type View } from './datatype.ts'
import { allreduceIntoView, allreduceNumber, allreduceView, isPlainNumber } from './node/allreduce.ts'
import { allgatherInMemory, allgatherIntoInMemory } from './node/allgather.ts'
import { alltoallInMemory, alltoallIntoInMemory } from './node/alltoall.ts'
import { barrierInMemory } from './node/barrier.ts'
import { bcastInMemory, bcastIntoInMemory } from './node/bcast.ts'
import { gatherInMemory, gatherIntoInMemory } from './node/gather.ts'
import { reduceIntoInMemory, reduceNumber } from './node/reduce.ts'
import { reduceScatterIntoInMemory, reduceScatterView } from './node/reduce-scatter.ts'
import { scanIntoInMemory, scanNumber, scanView } from './node/scan.ts'
import { scatterInMemory, scatterIntoInMemory } from './node/scatter.ts'
import { MOST_BLOCKS } from './node/slot-blocks.ts'
import { MOST_PARTS } from './node/slot-parts.ts'
import { PointToPointMethods } from './point-to-point-methods.ts'
import { type Element, type Op, type OpLike, SUM, type ViewOp } from './reduce-op.ts'
import type { Options, Request } from './request.ts'

// Options that calls have beside the common ones.
const BLOCKS = ['counts', 'displs'] as const
const COUNTS = ['counts'] as const
const WORK = ['root', 'chunkSize', 'onProgress'] as const
const MAP_WORK = [...WORK, 'ordered'] as const

/** The collective calls of a communicator, documented in collective-calls.ts; each runs a plan of collectives/. */
export class CollectiveMethods extends PointToPointMethods implements CollectiveCalls {
  barrier(options?: Options): void {
    this.pointToPoint.checkUsable('barrier', options)
    const calls = this.nodeCalls
    if (calls !== null) return barrierInMemory(calls, options)
    return run(barrier(this), options)
  }

  ibarrier(): Request<void> {
    this.pointToPoint.checkUsable('ibarrier')
    return start(() => barrier(this))
  }

  bcast<T>(x?: T, root: number = byDefault(arguments.length, 1, 0), options?: Options): T {
    this.pointToPoint.checkUsable('bcast', options)
    const calls = this.nodeCalls
    if (calls !== null) return bcastInMemory(calls, x as T, root, options)
    return run(bcast(this, x as T, root), options)
  }

  ibcast<T>(x?: T, root: number = byDefault(arguments.length, 1, 0)): Request<T> {
    this.pointToPoint.checkUsable('ibcast')
    return start(() => bcast(this, x as T, root))
  }

  bcastInto(view: View, root: number = byDefault(arguments.length, 1, 0), options?: Options): void {
    this.pointToPoint.checkUsable('bcastInto', options)
    const calls = this.nodeCalls
    if (calls !== null && bcastIntoInMemory(calls, view, root, options)) return
    return run(bcastInto(this, view, root), options)
  }

  ibcastInto(view: View, root: number = byDefault(arguments.length, 1, 0)): Request<void> {
    this.pointToPoint.checkUsable('ibcastInto')
    return start(() => bcastInto(this, view, root))
  }

  scatter<T = unknown>(
    parts?: readonly T[] | View | null,
    root: number = byDefault(arguments.length, 1, 0),
    options?: Options,
  ): T {
    this.pointToPoint.checkUsable('scatter', options)
    const calls = this.nodeCallsUpTo(MOST_PARTS)
    if (calls !== null) return scatterInMemory(calls, parts, root, options)
    return run(scatter(this, parts, root), options)
  }

  iscatter<T = unknown>(
    parts?: readonly T[] | View | null,
    root: number = byDefault(arguments.length, 1, 0),
  ): Request<T> {
    this.pointToPoint.checkUsable('iscatter')
    return start(() => scatter(this, parts, root))
  }

  scatterInto(
    send: View | InPlace | null,
    recv: View | InPlace,
    root: number = byDefault(arguments.length, 2, 0),
    options: BlockOptions = {},
  ): void {
    this.pointToPoint.checkUsable('scatterInto', options, BLOCKS)
    const calls = this.nodeCallsUpTo(MOST_PARTS)
    if (calls !== null) return scatterIntoInMemory(calls, send, recv, root, options)
    return run(scatterInto(this, send, recv, root, options), options)
  }

  iscatterInto(
    send: View | InPlace | null,
    recv: View | InPlace,
    root: number = byDefault(arguments.length, 2, 0),
    options: BlockOptions = {},
  ): Request<void> {
    this.pointToPoint.checkUsable('iscatterInto', options, BLOCKS)
    return start(() => scatterInto(this, send, recv, root, options))
  }

  gather<T>(x: T, root: number = byDefault(arguments.length, 1, 0), options?: Options): T[] | undefined {
    this.pointToPoint.checkUsable('gather', options)
    const calls = this.nodeCalls
    if (calls !== null) return gatherInMemory(calls, x, root, options)
    return run(gather(this, x, root), options)
  }

  igather<T>(x: T, root: number = byDefault(arguments.length, 1, 0)): Request<T[] | undefined> {
    this.pointToPoint.checkUsable('igather')
    return start(() => gather(this, x, root))
  }

  gatherInto(
    send: View | InPlace,
    recv: View | null,
    root: number = byDefault(arguments.length, 2, 0),
    options: BlockOptions = {},
  ): void {
    this.pointToPoint.checkUsable('gatherInto', options, BLOCKS)
    const calls = this.nodeCalls
    if (calls !== null) return gatherIntoInMemory(calls, send, recv, root, options)
    return run(gatherInto(this, send, recv, root, options), options)
  }

  igatherInto(
    send: View | InPlace,
    recv: View | null,
    root: number = byDefault(arguments.length, 2, 0),
    options: BlockOptions = {},
  ): Request<void> {
    this.pointToPoint.checkUsable('igatherInto', options, BLOCKS)
    return start(() => gatherInto(this, send, recv, root, options))
  }

  allgather<T>(x: T, options?: Options): T[] {
    this.pointToPoint.checkUsable('allgather', options)
    const calls = this.nodeCalls
    if (calls !== null) return allgatherInMemory(calls, x, options)
    return run(allgather(this, x), options)
  }

  iallgather<T>(x: T): Request<T[]> {
    this.pointToPoint.checkUsable('iallgather')
    return start(() => allgather(this, x))
  }

  allgatherInto(send: View | InPlace, recv: View, options: BlockOptions = {}): void {
    this.pointToPoint.checkUsable('allgatherInto', options, BLOCKS)
    const calls = this.nodeCalls
    if (calls !== null) return allgatherIntoInMemory(calls, send, recv, options)
    return run(allgatherInto(this, send, recv, options), options)
  }

  iallgatherInto(send: View | InPlace, recv: View, options: BlockOptions = {}): Request<void> {
    this.pointToPoint.checkUsable('iallgatherInto', options, BLOCKS)
    return start(() => allgatherInto(this, send, recv, options))
  }

  alltoall<T = unknown>(parts: readonly T[] | View, options?: Options): T[] {
    this.pointToPoint.checkUsable('alltoall', options)
    const calls = this.nodeCallsUpTo(MOST_PARTS)
    if (calls !== null) return alltoallInMemory(calls, parts, options)
    return run(alltoall(this, parts), options)
  }

  ialltoall<T = unknown>(parts: readonly T[] | View): Request<T[]> {
    this.pointToPoint.checkUsable('ialltoall')
    return start(() => alltoall(this, parts))
  }

  alltoallInto(send: View | InPlace, recv: View, options: AlltoallOptions = {}): void {
    this.pointToPoint.checkUsable('alltoallInto', options, ALLTOALL_BLOCKS)
    const calls = this.nodeCallsUpTo(MOST_BLOCKS)
    if (calls !== null) return alltoallIntoInMemory(calls, send, recv, options)
    return run(alltoallInto(this, send, recv, options), options)
  }

  ialltoallInto(send: View | InPlace, recv: View, options: AlltoallOptions = {}): Request<void> {
    this.pointToPoint.checkUsable('ialltoallInto', options, ALLTOALL_BLOCKS)
    return start(() => alltoallInto(this, send, recv, options))
  }

  reduce<T>(
    x: T,
    op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM),
    root: number = byDefault(arguments.length, 2, 0),
    options?: Options,
  ): T | undefined {
    this.pointToPoint.checkUsable('reduce', options)
    const calls = this.nodeCalls
    // What is reduced has the type of `x`.
    if (calls !== null && isPlainNumber(x, op)) return reduceNumber(calls, x as number, op as Op, root, options) as T
    return run(reduce(this, x, op, root), options)
  }

  ireduce<T>(
    x: T,
    op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM),
    root: number = byDefault(arguments.length, 2, 0),
  ): Request<T | undefined> {
    this.pointToPoint.checkUsable('ireduce')
    return start(() => reduce(this, x, op, root))
  }

  reduceInto(
    send: View | InPlace,
    recv: View | null,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    root: number = byDefault(arguments.length, 3, 0),
    options?: Options,
  ): void {
    this.pointToPoint.checkUsable('reduceInto', options)
    const calls = this.nodeCalls
    if (calls !== null && reduceIntoInMemory(calls, send, recv, op, root, options)) return
    return run(reduceInto(this, send, recv, op, root), options)
  }

  ireduceInto(
    send: View | InPlace,
    recv: View | null,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    root: number = byDefault(arguments.length, 3, 0),
  ): Request<void> {
    this.pointToPoint.checkUsable('ireduceInto')
    return start(() => reduceInto(this, send, recv, op, root))
  }

  allreduce<T>(x: T, op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM), options?: Options): T {
    this.pointToPoint.checkUsable('allreduce', options)
    const calls = this.nodeCalls
    if (calls !== null) {
      // What is reduced has the type of `x`.
      if (isPlainNumber(x, op)) return allreduceNumber(calls, x as number, op as Op, options) as T
      const result = isView(x) ? allreduceView(calls, x, op, options) : null
      if (result !== null) return result as T
    }
    return run(allreduce(this, x, op), options)
  }

  iallreduce<T>(x: T, op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM)): Request<T> {
    this.pointToPoint.checkUsable('iallreduce')
    return start(() => allreduce(this, x, op))
  }

  allreduceInto(
    send: View | InPlace,
    recv: View,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    options?: Options,
  ): void {
    this.pointToPoint.checkUsable('allreduceInto', options)
    const calls = this.nodeCalls
    if (calls !== null && allreduceIntoView(calls, send, recv, op, options)) return
    return run(allreduceInto(this, send, recv, op), options)
  }

  iallreduceInto(send: View | InPlace, recv: View, op: ViewOp = byDefault(arguments.length, 2, SUM)): Request<void> {
    this.pointToPoint.checkUsable('iallreduceInto')
    return start(() => allreduceInto(this, send, recv, op))
  }

  scan<T>(x: T, op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM), options?: Options): T {
    this.pointToPoint.checkUsable('scan', options)
    const calls = this.nodeCalls
    if (calls !== null) {
      // What is combined has the type of `x`.
      if (isPlainNumber(x, op)) return scanNumber(calls, 'scan', x as number, op as Op, options) as T
      if (isView(x)) return scanView(calls, 'scan', x, op, options) as T
    }
    return run(scan(this, x, op), options)
  }

  iscan<T>(x: T, op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM)): Request<T> {
    this.pointToPoint.checkUsable('iscan')
    return start(() => scan(this, x, op))
  }

  scanInto(
    send: View | InPlace,
    recv: View,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    options?: Options,
  ): void {
    this.pointToPoint.checkUsable('scanInto', options)
    const calls = this.nodeCalls
    if (calls !== null) return scanIntoInMemory(calls, 'scanInto', send, recv, op, options)
    return run(scanInto(this, send, recv, op), options)
  }

  iscanInto(send: View | InPlace, recv: View, op: ViewOp = byDefault(arguments.length, 2, SUM)): Request<void> {
    this.pointToPoint.checkUsable('iscanInto')
    return start(() => scanInto(this, send, recv, op))
  }

  exscan<T>(x: T, op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM), options?: Options): T | undefined {
    this.pointToPoint.checkUsable('exscan', options)
    const calls = this.nodeCalls
    if (calls !== null) {
      // What is combined has the type of `x`.
      if (isPlainNumber(x, op)) return scanNumber(calls, 'exscan', x as number, op as Op, options) as T
      if (isView(x)) return scanView(calls, 'exscan', x, op, options) as T
    }
    return run(exscan(this, x, op), options)
  }

  iexscan<T>(x: T, op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM)): Request<T | undefined> {
    this.pointToPoint.checkUsable('iexscan')
    return start(() => exscan(this, x, op))
  }

  exscanInto(
    send: View | InPlace,
    recv: View,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    options?: Options,
  ): void {
    this.pointToPoint.checkUsable('exscanInto', options)
    const calls = this.nodeCalls
    if (calls !== null) return scanIntoInMemory(calls, 'exscanInto', send, recv, op, options)
    return run(exscanInto(this, send, recv, op), options)
  }

  iexscanInto(send: View | InPlace, recv: View, op: ViewOp = byDefault(arguments.length, 2, SUM)): Request<void> {
    this.pointToPoint.checkUsable('iexscanInto')
    return start(() => exscanInto(this, send, recv, op))
  }

  reduceScatter<T = unknown>(
    x: View | readonly T[],
    op: OpLike<Element<T>> | ViewOp = byDefault(arguments.length, 1, SUM),
    options: ReduceScatterOptions = {},
  ): T {
    this.pointToPoint.checkUsable('reduceScatter', options, COUNTS)
    const calls = isView(x) ? this.nodeCallsUpTo(MOST_PARTS) : null
    if (calls !== null && isView(x)) {
      const result = reduceScatterView(calls, x, op, options.counts, options)
      // A block has the type of the view, which is T for the caller.
      if (result !== null) return result as T
    }
    return run(reduceScatter<T>(this, x, op, options.counts), options)
  }

  ireduceScatter<T = unknown>(
    x: View | readonly T[],
    op: OpLike<Element<T>> | ViewOp = byDefault(arguments.length, 1, SUM),
    options: ReduceScatterOptions = {},
  ): Request<T> {
    this.pointToPoint.checkUsable('ireduceScatter', options, COUNTS)
    return start(() => reduceScatter<T>(this, x, op, options.counts))
  }

  reduceScatterInto(
    send: View | InPlace,
    recv: View,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    options: ReduceScatterOptions = {},
  ): void {
    this.pointToPoint.checkUsable('reduceScatterInto', options, COUNTS)
    const calls = this.nodeCallsUpTo(MOST_PARTS)
    if (calls !== null && reduceScatterIntoInMemory(calls, send, recv, op, options.counts, options)) return
    return run(reduceScatterInto(this, send, recv, op, options.counts), options)
  }

  ireduceScatterInto(
    send: View | InPlace,
    recv: View,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    options: ReduceScatterOptions = {},
  ): Request<void> {
    this.pointToPoint.checkUsable('ireduceScatterInto', options, COUNTS)
    return start(() => reduceScatterInto(this, send, recv, op, options.counts))
  }

  parallelMap<T, R>(fn: (item: T, index: number) => R, items?: Iterable<T>, options: MapOptions = {}): R[] | undefined {
    this.pointToPoint.checkUsable('parallelMap', options, MAP_WORK)
    return run(parallelMap(this, fn, items, options), options)
  }

  iparallelMap<T, R>(
    fn: (item: T, index: number) => R,
    items?: Iterable<T>,
    options: MapOptions = {},
  ): Request<R[] | undefined> {
    this.pointToPoint.checkUsable('iparallelMap', options, MAP_WORK)
    return start(() => parallelMap(this, fn, items, options))
  }

  parallelReduce<T, R>(
    fn: (item: T, index: number) => R,
    op: OpLike<Element<R>>,
    items?: Iterable<T>,
    options: ParallelOptions = {},
  ): R | undefined {
    this.pointToPoint.checkUsable('parallelReduce', options, WORK)
    return run(parallelReduce(this, fn, op, items, options), options)
  }

  iparallelReduce<T, R>(
    fn: (item: T, index: number) => R,
    op: OpLike<Element<R>>,
    items?: Iterable<T>,
    options: ParallelOptions = {},
  ): Request<R | undefined> {
    this.pointToPoint.checkUsable('iparallelReduce', options, WORK)
    return start(() => parallelReduce(this, fn, op, items, options))
  }
}
