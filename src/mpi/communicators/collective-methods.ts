import { allgather } from '../collectives/allgather/by-messages.ts'
import { allreduce } from '../collectives/allreduce/by-messages.ts'
import { alltoall } from '../collectives/alltoall/by-messages.ts'
import { barrier } from '../collectives/barrier/by-messages.ts'
import { bcast } from '../collectives/bcast/by-messages.ts'
import { gather } from '../collectives/gather/by-messages.ts'
import { parallelMap } from '../collectives/parallel/parallel-map.ts'
import type { MapOptions, ParallelOptions } from '../api/parallel-options.ts'
import { parallelReduce } from '../collectives/parallel/parallel-reduce.ts'
import { reduce } from '../collectives/reduce/by-messages.ts'
import { reduceScatter } from '../collectives/reduce-scatter/by-messages.ts'
import { run, start } from '../collectives/call/run.ts'
import { exscan, scan } from '../collectives/scan/by-messages.ts'
import { scatter } from '../collectives/scatter/by-messages.ts'
import type { CollectiveCalls, ReduceScatterOptions } from '../api/collective-calls.ts'
import { byDefault } from '../terms/by-default.ts'
import { isView, type View } from '../datatypes/datatype.ts'
import { allreduceNumber, allreduceView } from '../collectives/allreduce/in-memory.ts'
import { isPlainNumber } from '../collectives/in-memory/numbers.ts'
import { allreduceOverNodes } from '../collectives/allreduce/over-nodes.ts'
import { allgatherInMemory } from '../collectives/allgather/in-memory.ts'
import { alltoallInMemory } from '../collectives/alltoall/in-memory.ts'
import { barrierInMemory } from '../collectives/barrier/in-memory.ts'
import { bcastInMemory } from '../collectives/bcast/in-memory.ts'
import { gatherInMemory } from '../collectives/gather/in-memory.ts'
import { reduceNumber } from '../collectives/reduce/in-memory.ts'
import { reduceScatterView } from '../collectives/reduce-scatter/in-memory.ts'
import { scanNumber, scanView } from '../collectives/scan/in-memory.ts'
import { scatterInMemory } from '../collectives/scatter/in-memory.ts'
import { MOST_PARTS } from '../collectives/in-memory/slot-parts.ts'
import { type Element, type Op, type OpLike, SUM, type ViewOp } from '../operations/reduce-op.ts'
import type { Options, Request } from '../terms/request.ts'
import { isStrided, withoutStrides } from '../requests/packed.ts'
import type { Strided } from '../datatypes/strided.ts'
import { CollectiveIntoMethods } from './collective-into-methods.ts'

// Options that calls have beside the common ones.
const COUNTS = ['counts'] as const
const WORK = ['root', 'chunkSize', 'onProgress'] as const
const MAP_WORK = [...WORK, 'ordered'] as const

/** The collective calls of a communicator, documented in collective-calls.ts; each runs a plan of collectives/. */
export class CollectiveMethods extends CollectiveIntoMethods implements CollectiveCalls {
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
    if (calls !== null) return bcastInMemory(calls, withoutStrides(x as T), root, options)
    return run(bcast(this, withoutStrides(x as T), root), options)
  }

  ibcast<T>(x?: T, root: number = byDefault(arguments.length, 1, 0)): Request<T> {
    this.pointToPoint.checkUsable('ibcast')
    return start(() => bcast(this, withoutStrides(x as T), root))
  }

  scatter<T = unknown>(
    parts?: readonly T[] | View | Strided | null,
    root: number = byDefault(arguments.length, 1, 0),
    options?: Options,
  ): T {
    this.pointToPoint.checkUsable('scatter', options)
    if (isStrided(parts)) parts = parts.pack()
    const calls = this.nodeCallsUpTo(MOST_PARTS)
    if (calls !== null) return scatterInMemory(calls, parts, root, options)
    return run(scatter(this, parts, root), options)
  }

  iscatter<T = unknown>(
    parts?: readonly T[] | View | Strided | null,
    root: number = byDefault(arguments.length, 1, 0),
  ): Request<T> {
    this.pointToPoint.checkUsable('iscatter')
    if (isStrided(parts)) parts = parts.pack()
    return start(() => scatter(this, parts, root))
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

  alltoall<T = unknown>(parts: readonly T[] | View | Strided, options?: Options): T[] {
    this.pointToPoint.checkUsable('alltoall', options)
    if (isStrided(parts)) parts = parts.pack()
    const calls = this.nodeCallsUpTo(MOST_PARTS)
    if (calls !== null) return alltoallInMemory(calls, parts, options)
    return run(alltoall(this, parts), options)
  }

  ialltoall<T = unknown>(parts: readonly T[] | View | Strided): Request<T[]> {
    this.pointToPoint.checkUsable('ialltoall')
    if (isStrided(parts)) parts = parts.pack()
    return start(() => alltoall(this, parts))
  }

  reduce<T>(
    x: T,
    op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM),
    root: number = byDefault(arguments.length, 2, 0),
    options?: Options,
  ): T | undefined {
    this.pointToPoint.checkUsable('reduce', options)
    if (isStrided(x)) x = x.pack() as T
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
    if (isStrided(x)) x = x.pack() as T
    return start(() => reduce(this, x, op, root))
  }

  allreduce<T>(x: T, op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM), options?: Options): T {
    this.pointToPoint.checkUsable('allreduce', options)
    if (isStrided(x)) x = x.pack() as T
    const calls = this.nodeCalls
    if (calls !== null) {
      // What is reduced has the type of `x`.
      if (isPlainNumber(x, op)) return allreduceNumber(calls, x as number, op as Op, options) as T
      const result = isView(x) ? allreduceView(calls, x, op, options) : null
      if (result !== null) return result as T
    }
    const over = isView(x) ? this.overNodes : null
    const result = over !== null && isView(x) ? allreduceOverNodes(over, x, op, options) : null
    // A view is one of T, as which it was given.
    if (result !== null) return result as T
    return run(allreduce(this, x, op), options)
  }

  iallreduce<T>(x: T, op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM)): Request<T> {
    this.pointToPoint.checkUsable('iallreduce')
    if (isStrided(x)) x = x.pack() as T
    return start(() => allreduce(this, x, op))
  }

  scan<T>(x: T, op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM), options?: Options): T {
    this.pointToPoint.checkUsable('scan', options)
    if (isStrided(x)) x = x.pack() as T
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
    if (isStrided(x)) x = x.pack() as T
    return start(() => scan(this, x, op))
  }

  exscan<T>(x: T, op: OpLike<Element<T>> = byDefault(arguments.length, 1, SUM), options?: Options): T | undefined {
    this.pointToPoint.checkUsable('exscan', options)
    if (isStrided(x)) x = x.pack() as T
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
    if (isStrided(x)) x = x.pack() as T
    return start(() => exscan(this, x, op))
  }

  reduceScatter<T = unknown>(
    x: View | readonly T[],
    op: OpLike<Element<T>> | ViewOp = byDefault(arguments.length, 1, SUM),
    options: ReduceScatterOptions = {},
  ): T {
    this.pointToPoint.checkUsable('reduceScatter', options, COUNTS)
    if (isStrided(x)) x = x.pack()
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
    if (isStrided(x)) x = x.pack()
    return start(() => reduceScatter<T>(this, x, op, options.counts))
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
