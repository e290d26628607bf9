import type { CartGrid } from './cart-grid.ts'
import {
  neighborAllgather,
  neighborAllgatherInto,
  neighborAlltoall,
  neighborAlltoallInto,
} from './collectives/neighbors.ts'
import { run, start } from './collectives/run.ts'
import type { AlltoallOptions } from './collective-calls.ts'
import { ALLTOALL_BLOCKS } from './check-options.ts'
import { Communicator } from './communicator.ts'
import type { Job, Made } from './communicator-base.ts'
import type { View } from './datatype.ts'
import type { NeighborCalls } from './neighbor-calls.ts'
import type { Options, Request } from './request.ts'

/** The neighbour collectives of a grid, documented in neighbor-calls.ts. */
export class NeighborMethods extends Communicator implements NeighborCalls {
  readonly grid: CartGrid

  constructor(job: Job, { id, ranks, name }: Made, grid: CartGrid) {
    super(job, id, ranks, name)
    this.grid = grid
  }

  neighborAllgather<T>(x: T, options?: Options): (T | undefined)[] {
    this.pointToPoint.checkUsable('neighborAllgather', options)
    return run(neighborAllgather(this, x), options)
  }

  ineighborAllgather<T>(x: T): Request<(T | undefined)[]> {
    this.pointToPoint.checkUsable('ineighborAllgather')
    return start(() => neighborAllgather(this, x))
  }

  neighborAllgatherInto(send: View, recv: View, options?: Options): void {
    this.pointToPoint.checkUsable('neighborAllgatherInto', options)
    return run(neighborAllgatherInto(this, send, recv), options)
  }

  ineighborAllgatherInto(send: View, recv: View): Request<void> {
    this.pointToPoint.checkUsable('ineighborAllgatherInto')
    return start(() => neighborAllgatherInto(this, send, recv))
  }

  neighborAlltoall<T = unknown>(parts: readonly T[] | View, options?: Options): (T | undefined)[] {
    this.pointToPoint.checkUsable('neighborAlltoall', options)
    return run(neighborAlltoall<T>(this, parts), options)
  }

  ineighborAlltoall<T = unknown>(parts: readonly T[] | View): Request<(T | undefined)[]> {
    this.pointToPoint.checkUsable('ineighborAlltoall')
    return start(() => neighborAlltoall<T>(this, parts))
  }

  neighborAlltoallInto(send: View, recv: View, options: AlltoallOptions = {}): void {
    this.pointToPoint.checkUsable('neighborAlltoallInto', options, ALLTOALL_BLOCKS)
    return run(neighborAlltoallInto(this, send, recv, options), options)
  }

  ineighborAlltoallInto(send: View, recv: View, options: AlltoallOptions = {}): Request<void> {
    this.pointToPoint.checkUsable('ineighborAlltoallInto', options, ALLTOALL_BLOCKS)
    return start(() => neighborAlltoallInto(this, send, recv, options))
  }
}
