/** How far a call is. */
export interface Progress {
  /** Tasks that are done, also those that failed. */
  readonly done: number
  /** undefined where the input is lazy. */
  readonly total: number | undefined
  /** Nodes that work for the pool; 1 without --pool. */
  readonly nodes: number
}
