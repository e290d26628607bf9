import { PROC_NULL } from '../terms/constants.ts'

/** Places of ranks in a Cartesian grid, the last coordinate varying fastest (MPI 4.1 §8.5). Pure arithmetic on valid arguments. */
export class CartGrid {
  readonly dims: readonly number[]
  readonly periods: readonly boolean[]
  /** Number of ranks in the grid. */
  readonly size: number

  constructor(dims: readonly number[], periods: readonly boolean[]) {
    this.dims = Object.freeze([...dims])
    this.periods = Object.freeze([...periods])
    this.size = dims.reduce((product, extent) => product * extent, 1)
  }

  coordsOf(rank: number): number[] {
    const coords = new Array<number>(this.dims.length)
    let left = rank
    for (let dim = this.dims.length - 1; dim >= 0; dim -= 1) {
      const extent = this.dims[dim] ?? 1
      coords[dim] = left % extent
      left = Math.floor(left / extent)
    }
    return coords
  }

  /** Coordinates of periodic dimensions wrap around; PROC_NULL where another lies outside of the grid. */
  rankOf(coords: readonly number[]): number {
    let rank = 0
    for (const [dim, extent] of this.dims.entries()) {
      const coordinate = coords[dim] ?? 0
      const isInside = coordinate >= 0 && coordinate < extent
      if (!isInside && this.periods[dim] !== true) return PROC_NULL
      rank = rank * extent + (((coordinate % extent) + extent) % extent)
    }
    return rank
  }

  /** The rank that lies `disp` steps further along a dimension; PROC_NULL beyond an edge. */
  neighbor(rank: number, dim: number, disp: number): number {
    return this.rankOf(this.coordsOf(rank).map((coordinate, i) => (i === dim ? coordinate + disp : coordinate)))
  }

  /** The grid of the dimensions that are kept: entries that are true, or 1 as in C. */
  kept(keep: readonly boolean[]): CartGrid {
    const isKept = (_: unknown, dim: number): boolean => Boolean(keep[dim])
    return new CartGrid(this.dims.filter(isKept), this.periods.filter(isKept))
  }

  /** A number that the ranks have in common which differ in kept coordinates only. */
  sliceOf(rank: number, keep: readonly boolean[]): number {
    const coords = this.coordsOf(rank)
    return this.dims.reduce((slice, extent, dim) => (keep[dim] ? slice : slice * extent + (coords[dim] ?? 0)), 0)
  }
}
