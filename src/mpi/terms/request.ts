import type { Status } from './status.ts'

/** What every awaitable call returns (MPI 4.1 §3.7). Awaiting it gives the value that the blocking call of the same name returns. */
export interface Request<T> extends PromiseLike<T> {
  /**
   * Blocks until the request is done and returns its value, each time again. Throws what made it fail; with `timeout` (ms) ERR_TIMEOUT, the
   * request then goes on. MPI 4.1 §3.7.3.
   */
  wait(options?: { timeout?: number }): T
  /** Whether the request is done, with its value; never blocks. Throws what made it fail. MPI 4.1 §3.7.3. */
  test(): { done: false } | { done: true; value: T }
  /** Its status where the request is done, null where it is not; never blocks, and leaves it as it is. MPI 4.1 §3.7.6. */
  getStatus(): Status | null
  /**
   * Gives a receive up that no message has matched yet; it then fails with ERR_CANCELLED. False where it was too late, and for sends and
   * collectives. MPI 4.1 §3.8.4.
   */
  cancel(): boolean
  /** As of a promise: what to do when it fails. */
  catch<B = never>(onError?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B>
  /** As of a promise: what to do when it is done or has failed. */
  finally(onEnd?: (() => void) | null): Promise<T>
  /** Of a receive that is done: where the message came from and how long it was. Of anything else: an empty one. MPI 4.1 §3.2.5. */
  readonly status: Status
}

/**
 * Options that every call takes as its last argument; each call uses those that make sense for it. A misspelt one is ERR_ARG, and so is an object
 * that holds none that the call has.
 */
export interface Options {
  /** Filled with what is known of the received message. */
  status?: Status
  /** Of blocking calls, ms: ERR_TIMEOUT when it takes longer. */
  timeout?: number
  /** Of awaitable receives: cancels; the request then rejects with the signal's reason. */
  signal?: AbortSignal
}
