import { type Deferred, deferred } from '../../base/deferred.ts'
import type { CollectiveWait } from '../../wire/control-messages.ts'
import type { Envelope } from '../../wire/envelope.ts'
import { timeoutOf } from '../terms/check-options.ts'
import { showAs } from '../terms/inspect.ts'
import { MPIError } from '../terms/mpi-error.ts'
import type { Request } from '../terms/request.ts'
import { Status } from '../terms/status.ts'

/** Whoever goes on when a request is done: a collective that waits for it. */
export interface Continuation {
  resume(): void
}

/** What a request needs of the engine. */
export interface Progress {
  /** Blocks until the request is no longer pending; false when `timeoutMs` passed first. */
  waitFor(request: PendingRequest<unknown>, timeoutMs: number): boolean
  /** Moves everything that can move now; returns whether anything did. */
  progress(): boolean
  /** Keeps the event loop alive and progressing until as many calls of `release`. */
  hold(): void
  release(): void
  /** Requests of the program that the event loop waits for. */
  readonly awaited: Set<PendingRequest<unknown>>
  /** Calls `request.asked()` when the program's running code is over. */
  askSoon(request: PendingRequest<unknown>): void
  /** The receiver of a message as a rank of its communicator, and the communicator's name. */
  receiverOf(envelope: Envelope): { readonly rank: number; readonly name: string }
  /** Calls `continuation.resume()` soon, outside of the delivery of messages. */
  ready(continuation: Continuation): void
  readonly rank: number
}

const PENDING = 0
const SUCCEEDED = 1
const FAILED = 2

/** State, waiting and awaiting, common to all requests. */
export abstract class PendingRequest<T> implements Request<T> {
  /** The collective that waits for this request. */
  continuation: Continuation | null = null
  protected readonly engine: Progress
  private state: typeof PENDING | typeof SUCCEEDED | typeof FAILED = PENDING
  private error: unknown = undefined
  protected isGivenUp = false
  /** `waitAny`, `waitSome` or `testAny` has told of it. */
  wasReported = false
  private awaited: Deferred<unknown> | null = null

  constructor(engine: Progress) {
    this.engine = engine
  }

  /** The call in the user's words, such as `recv(source = 5, tag = 3)`. */
  abstract describe(): string
  /** `describe` with the communicator, for a report that has no other place for it. */
  describeFully(): string {
    return this.describe()
  }

  /** Whether something else than messages may end it, such as a signal of the program's. */
  get hasOtherEnd(): boolean {
    return false
  }

  /** Whether it is done by messages of the program that its rank has posted receives for, and needs nothing else. */
  get needsOnlyItsMessage(): boolean {
    return false
  }

  /** The collective that cannot end before it is done. */
  get collectiveWait(): CollectiveWait | null {
    return null
  }

  /** Fails a request that will never be done by itself, and takes back what it has begun. */
  abandon(error: unknown): void {
    this.fail(error)
  }

  /**
   * The program waits for it, or asks whether it is done: where only this rank itself could still end it, it fails. Before, the program may
   * still send the message to itself.
   */
  asked(): void {}

  /** Name of the call. */
  abstract readonly call: string
  /** The value of a request that has succeeded. */
  protected abstract value(): T

  get isPending(): boolean {
    return this.state === PENDING
  }

  /** Whether it was given up before a message matched it. */
  get wasCancelled(): boolean {
    return this.isGivenUp
  }

  get hasFailed(): boolean {
    return this.state === FAILED
  }

  /** Why the request failed. */
  get failure(): unknown {
    return this.error
  }

  succeed(): void {
    if (this.state !== PENDING) return
    this.state = SUCCEEDED
    this.settle()
  }

  fail(error: unknown): void {
    if (this.state !== PENDING) return
    this.state = FAILED
    this.error = error
    this.settle()
  }

  /** The value of a request that is done; throws what made it fail. */
  result(): T {
    if (this.state === FAILED) throw this.error
    return this.value()
  }

  wait(options?: { timeout?: number }): T {
    const timeoutMs = timeoutOf(options, this.engine.rank, this.call)
    if (this.isPending && !this.engine.waitFor(this, timeoutMs)) throw this.timeoutError(timeoutMs)
    return this.result()
  }

  test(): { done: false } | { done: true; value: T } {
    if (this.state === PENDING) {
      this.engine.progress()
      this.asked()
    }
    return this.state === PENDING ? { done: false } : { done: true, value: this.result() }
  }

  getStatus(): Status | null {
    if (this.isPending) {
      this.engine.progress()
      this.asked()
    }
    return this.isPending ? null : this.status
  }

  cancel(): boolean {
    return false
  }

  get status(): Status {
    return new Status()
  }

  // biome-ignore lint/suspicious/noThenProperty: a Request can be awaited
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (this.awaited === null) {
      this.awaited = deferred()
      if (this.state === PENDING) {
        this.engine.hold()
        this.engine.awaited.add(this)
        this.engine.askSoon(this)
      } else this.resolveAwaited(this.awaited)
    }
    // It is resolved with result(), a T.
    return (this.awaited.promise as Promise<T>).then(onValue, onError)
  }

  catch<B = never>(onError?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onError)
  }

  finally(onEnd?: (() => void) | null): Promise<T> {
    return this.then().finally(onEnd)
  }

  timeoutError(timeoutMs: number): MPIError {
    return new MPIError(
      'ERR_TIMEOUT',
      this.engine.rank,
      this.call,
      `${this.describe()}: not done within ${timeoutMs} ms`,
    )
  }

  private settle(): void {
    if (this.continuation !== null) {
      this.engine.ready(this.continuation)
      this.continuation = null
    }
    if (this.awaited !== null) {
      this.engine.release()
      this.engine.awaited.delete(this)
      this.resolveAwaited(this.awaited)
    }
  }

  private resolveAwaited(awaited: Deferred<unknown>): void {
    try {
      awaited.resolve(this.result())
    } catch (error) {
      awaited.reject(error)
    }
  }

  static {
    showAs<PendingRequest<unknown>>(PendingRequest.prototype, 'Request', (one) => {
      const state = one.state === PENDING ? 'pending' : one.state === SUCCEEDED ? 'done' : 'failed'
      return `Request { ${one.describe()}: ${state} }`
    })
  }
}
