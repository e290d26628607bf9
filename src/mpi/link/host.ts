import type { WindowAccess } from './window-access.ts'

/** What a rank's surroundings do for it. */
export interface Host {
  /** Ends the job; `code` is what the program gave, see abortStatus(). Does not return. */
  abort(code: number): never
  readonly processorName: string
  readonly nodeId: number
  readonly nodeCount: number
  /** By world rank: the number of its node; all on this one by default. */
  readonly nodeOfRank?: readonly number[]
  /** Date.now() of the job's start: epoch of wtime(). */
  readonly epochMs: number
  /** How windows reach other ranks. */
  readonly windowAccess?: WindowAccess
  /** Every standard send waits until it is matched (--sync-send). */
  readonly syncSend?: boolean
  /** Instead of CREDIT_BYTES; for tests. */
  readonly creditBytes?: number
}
