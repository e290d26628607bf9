import type { CartGrid } from '../groups/cart-grid.ts'
import {
  neighborAllgather,
  neighborAllgatherInto,
  neighborAlltoall,
  neighborAlltoallInto,
} from '../collectives/neighbors/by-messages.ts'
import { run, start } from '../collectives/call/run.ts'
import type { AlltoallOptions } from '../api/collective-calls.ts'
import { ALLTOALL_BLOCKS } from '../terms/check-options.ts'
import { Communicator } from './communicator.ts'
import type { Job, Made } from './communicator-base.ts'
import type { View } from '../datatypes/datatype.ts'
import type { NeighborCalls } from '../api/neighbor-calls.ts'
import { ipacked, isStrided, packed } from '../requests/packed.ts'
import type { PersistentRequest } from '../requests/persistent.ts'
import type { Options, Request } from '../terms/request.ts'
import type { Strided } from '../datatypes/strided.ts'

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

  neighborAllgatherInto(send: View | Strided, recv: View | Strided, options?: Options): void {
    this.pointToPoint.checkUsable('neighborAllgatherInto', options)
    if (isStrided(send) || isStrided(recv))
      return packed(send, recv, (s, r) => this.neighborAllgatherInto(s, r, options))
    return run(neighborAllgatherInto(this, send, recv), options)
  }

  ineighborAllgatherInto(send: View | Strided, recv: View | Strided): Request<void> {
    this.pointToPoint.checkUsable('ineighborAllgatherInto')
    if (isStrided(send) || isStrided(recv))
      return ipacked(this.job.engine, send, recv, (s, r) => this.ineighborAllgatherInto(s, r))
    return start(() => neighborAllgatherInto(this, send, recv))
  }

  neighborAllgatherInit(send: View | Strided, recv: View | Strided): PersistentRequest {
    return this.collective('neighborAllgatherInit', [send, recv], () => this.ineighborAllgatherInto(send, recv))
  }

  neighborAlltoallInit(send: View | Strided, recv: View | Strided, options: AlltoallOptions = {}): PersistentRequest {
    const begin = (): Request<void> => this.ineighborAlltoallInto(send, recv, options)
    return this.collective('neighborAlltoallInit', [send, recv], begin)
  }

  neighborAlltoall<T = unknown>(parts: readonly T[] | View | Strided, options?: Options): (T | undefined)[] {
    this.pointToPoint.checkUsable('neighborAlltoall', options)
    if (isStrided(parts)) parts = parts.pack()
    return run(neighborAlltoall<T>(this, parts), options)
  }

  ineighborAlltoall<T = unknown>(parts: readonly T[] | View | Strided): Request<(T | undefined)[]> {
    this.pointToPoint.checkUsable('ineighborAlltoall')
    const packed = isStrided(parts) ? parts.pack() : parts
    return start(() => neighborAlltoall<T>(this, packed))
  }

  neighborAlltoallInto(send: View | Strided, recv: View | Strided, options: AlltoallOptions = {}): void {
    this.pointToPoint.checkUsable('neighborAlltoallInto', options, ALLTOALL_BLOCKS)
    if (isStrided(send) || isStrided(recv))
      return packed(send, recv, (s, r) => this.neighborAlltoallInto(s, r, options))
    return run(neighborAlltoallInto(this, send, recv, options), options)
  }

  ineighborAlltoallInto(send: View | Strided, recv: View | Strided, options: AlltoallOptions = {}): Request<void> {
    this.pointToPoint.checkUsable('ineighborAlltoallInto', options, ALLTOALL_BLOCKS)
    if (isStrided(send) || isStrided(recv))
      return ipacked(this.job.engine, send, recv, (s, r) => this.ineighborAlltoallInto(s, r, options))
    return start(() => neighborAlltoallInto(this, send, recv, options))
  }
}
