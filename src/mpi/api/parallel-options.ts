import type { Options } from '../terms/request.ts'

export interface Progress {
  readonly done: number
  readonly total: number
}

/** Options of parallelMap and parallelReduce. */
export interface ParallelOptions extends Options {
  /** The rank that has the items and gets the result; 0 by default. */
  root?: number
  /** Items that are handed out at a time; by default a quarter of a rank's share of what is left. */
  chunkSize?: number
  /** Called on root as results come in, at most ten times a second and at the end. */
  onProgress?: (progress: Progress) => void
}

/** Options of parallelMap. */
export interface MapOptions extends ParallelOptions {
  /** false: results in the order in which chunks were done. true by default. */
  ordered?: boolean
}
