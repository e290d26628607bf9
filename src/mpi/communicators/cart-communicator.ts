import type { CartGrid } from '../groups/cart-grid.ts'
import { argumentError } from '../collectives/call/arguments.ts'
import { neighborsOf } from '../collectives/neighbors/by-messages.ts'
import { run, start } from '../collectives/call/run.ts'
import { type NewGroup, split } from './split.ts'
import { asTwin } from '../collectives/call/twin-error.ts'
import type { CartComm } from '../api/comm.ts'
import type { Job, Made } from './communicator-base.ts'
import { PROC_NULL } from '../terms/constants.ts'
import { communicatorId } from '../matching/context.ts'
import { show } from '../terms/in-words.ts'
import { NeighborMethods } from './neighbor-methods.ts'
import type { Request } from '../terms/request.ts'

/** A communicator with a grid, documented in comm.ts. */
export class CartCommunicator extends NeighborMethods implements CartComm {
  readonly coords: readonly number[]

  constructor(job: Job, made: Made, grid: CartGrid) {
    super(job, made, grid)
    this.coords = Object.freeze(grid.coordsOf(made.ranks.rank))
  }

  get dims(): readonly number[] {
    return this.grid.dims
  }

  get periods(): readonly boolean[] {
    return this.grid.periods
  }

  rankOf(coords: readonly number[]): number {
    this.checkLength('rankOf', 'coords', coords)
    const rank = coords.every(Number.isInteger) ? this.grid.rankOf(coords) : PROC_NULL
    if (rank !== PROC_NULL) return rank
    throw this.refuse('ERR_ARG', 'rankOf', `[${coords.join(', ')}] lies outside of the grid [${this.dims.join(', ')}]`)
  }

  get inNeighbors(): readonly number[] {
    return neighborsOf(this)
  }

  get outNeighbors(): readonly number[] {
    return neighborsOf(this)
  }

  coordsOf(rank: number): number[] {
    if (Number.isInteger(rank) && rank >= 0 && rank < this.size) return this.grid.coordsOf(rank)
    const reason = `rank ${show(rank)} does not exist: ${this.name} has ${this.size} ranks (0…${this.size - 1})`
    throw this.refuse('ERR_RANK', 'coordsOf', reason)
  }

  shift(dim: number, disp: number = 1): { source: number; dest: number } {
    if (!Number.isInteger(dim) || dim < 0 || dim >= this.dims.length) {
      throw this.refuse('ERR_DIMS', 'shift', `dimension ${show(dim)} in a grid of ${this.dims.length} dimensions`)
    }
    if (!Number.isInteger(disp)) {
      throw this.refuse('ERR_ARG', 'shift', `disp = ${show(disp)}; it must be an integer`)
    }
    const { grid, rank } = this
    return { source: grid.neighbor(rank, dim, -disp), dest: grid.neighbor(rank, dim, disp) }
  }

  sub(keep: readonly boolean[]): CartComm {
    this.pointToPoint.checkUsable('sub')
    return this.slice(run(this.splitByCoords(keep)), keep)
  }

  isub(keep: readonly boolean[]): Request<CartComm> {
    this.pointToPoint.checkUsable('isub')
    const plan = asTwin(() => this.splitByCoords(keep))
    const kept = [...keep]
    return this.later(
      start(() => plan),
      (group) => this.slice(group, kept),
    )
  }

  override dup(): CartComm {
    // duplicate() makes no other.
    return super.dup() as CartComm
  }

  override idup(): Request<CartComm> {
    return super.idup() as Request<CartComm>
  }

  protected override duplicate(counter: number): CartCommunicator {
    const id = communicatorId(this.ranks.worldOf(0), counter)
    return new CartCommunicator(this.job, { id, ranks: this.ranks, name: `${this.name}.dup` }, this.grid)
  }

  private splitByCoords(keep: readonly boolean[]): ReturnType<typeof split> {
    this.checkLength('sub', 'keep', keep)
    return split(this, this.grid.sliceOf(this.rank, keep), this.rank, this.job.nextCounter(), 'sub')
  }

  private slice(group: NewGroup | null, keep: readonly boolean[]): CartComm {
    const comm = this.onGrid(group, this.grid.kept(keep), 'sub')
    if (comm === null) throw new Error('every rank of a grid belongs to a slice of it')
    return comm
  }

  private checkLength(call: string, name: string, list: unknown): void {
    const wanted = `one for each of ${this.dims.length} dimensions`
    if (!Array.isArray(list)) throw this.refuse('ERR_DIMS', call, `${name} = ${show(list)}; give a list, ${wanted}`)
    if (list.length !== this.dims.length) {
      throw this.refuse('ERR_DIMS', call, `${name} has ${list.length} entries; give ${wanted}`)
    }
  }

  private refuse(code: 'ERR_DIMS' | 'ERR_ARG' | 'ERR_RANK', call: string, reason: string): Error {
    return argumentError(this, code, call, reason)
  }
}
