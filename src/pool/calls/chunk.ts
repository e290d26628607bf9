import type { FunctionHandle } from '../functions/function-table.ts'

/** Some tasks of one call that travel together, and whose outcome is one. */
export interface Chunk {
  readonly call: Call
  /** Position among the chunks of its call. */
  readonly index: number
  /** Index of its first task in the call. */
  readonly firstIndex: number
  /** The tasks are items `from` to `from + count` of this list. */
  readonly list: readonly unknown[]
  readonly from: number
  readonly count: number
  /** Threads that have died over it. */
  losses: number
}

/** What the dispatcher knows of a map, an imap or an apply. */
export interface Call {
  readonly fn: FunctionHandle
  /** CHUNK_SPREAD, CHUNK_CONTEXT. */
  readonly flags: number
  /** Nothing that comes for it matters any more. */
  readonly isOver: boolean
  /** Whether next() may have something now. */
  readonly hasNext: boolean
  /** Takes the next chunk; null: none now. */
  next(): Chunk | null
  /** Told before succeed() and fail(): the thread that ran the chunk, and its times. */
  ran?(chunk: Chunk, thread: number, waitMs: number, runMs: number): void
  succeed(chunk: Chunk, results: ArrayLike<unknown>, weight: number): void
  /** The task at `firstIndex + position` failed. */
  fail(chunk: Chunk, error: unknown): void
  /** Ends the call at once. */
  abandon(error: unknown): void
}
