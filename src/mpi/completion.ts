import { UNDEFINED } from './constants.ts'
import type { Engine } from './engine.ts'
import { MPIError } from './mpi-error.ts'
import { PendingRequest } from './pending-request.ts'
import type { Request } from './request.ts'

/** Values of the requests of a list. */
export type Values<R extends readonly Request<unknown>[]> = {
  -readonly [I in keyof R]: R[I] extends Request<infer T> ? T : never
}

/** One request of a list that is done. `index` UNDEFINED: there was none to wait for. */
export interface Completed {
  readonly index: number
  readonly value: unknown
}

export type TestedAll<R extends readonly Request<unknown>[]> = { done: false } | { done: true; value: Values<R> }
export type TestedAny = { done: false } | { done: true; index: number; value: unknown }

/** Waiting for several requests at once (MPI 4.1 §3.7.5). */
export class Completion {
  private readonly engine: Engine

  constructor(engine: Engine) {
    this.engine = engine
  }

  /** Blocks until all are done; their values in order. Throws what made the first of them fail; ERR_TIMEOUT. */
  waitAll<R extends readonly Request<unknown>[]>(requests: R, options?: { timeout?: number }): Values<R> {
    const timeoutMs = options?.timeout ?? Number.POSITIVE_INFINITY
    const deadline = performance.now() + timeoutMs
    const values: unknown[] = []
    for (const request of requests) {
      const leftMs = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : Math.max(0, deadline - performance.now())
      values.push(request.wait({ timeout: leftMs }))
    }
    // One value for each request, in order.
    return values as Values<R>
  }

  /** Whether all are done, with their values in order. Never blocks. */
  testAll<R extends readonly Request<unknown>[]>(requests: R): TestedAll<R> {
    this.engine.progress()
    if (requests.some((request) => pendingOf(request, this.engine.rank, 'testAll').isPending)) return { done: false }
    return { done: true, value: this.waitAll(requests) }
  }

  /** Blocks until one is done. Cancelled ones are passed over; index UNDEFINED where no other is left. ERR_TIMEOUT. */
  waitAny(requests: readonly Request<unknown>[], options?: { timeout?: number }): Completed {
    return this.waitSome(requests, options, 'waitAny')[0] ?? { index: UNDEFINED, value: undefined }
  }

  /** Whether one is done, with the first that is. Never blocks. */
  testAny(requests: readonly Request<unknown>[]): TestedAny {
    this.engine.progress()
    for (const [index, request] of requests.entries()) {
      const pending = pendingOf(request, this.engine.rank, 'testAny')
      if (!pending.isPending && !pending.wasCancelled) return { done: true, index, value: pending.result() }
    }
    return { done: false }
  }

  /** Blocks until at least one is done; all that are. Empty where all have been cancelled, and for an empty list. ERR_TIMEOUT. */
  waitSome(
    requests: readonly Request<unknown>[],
    options?: { timeout?: number },
    call: 'waitSome' | 'waitAny' = 'waitSome',
  ): Completed[] {
    const any = new AnyRequest(
      this.engine,
      call,
      requests.map((request) => pendingOf(request, this.engine.rank, call)),
    )
    any.wait(options)
    const isDone = (request: PendingRequest<unknown>): boolean => !request.isPending && !request.wasCancelled
    const done = [...any.requests.entries()].filter(([, request]) => isDone(request))
    return (call === 'waitAny' ? done.slice(0, 1) : done).map(([index, request]) => ({
      index,
      value: request.result(),
    }))
  }
}

function pendingOf(request: Request<unknown>, rank: number, call: string): PendingRequest<unknown> {
  if (request instanceof PendingRequest) return request
  throw new MPIError('ERR_ARG', rank, call, `${call}: what was given is not a list of requests`)
}

/** Done when one of several requests is. */
class AnyRequest extends PendingRequest<void> {
  readonly call: string
  readonly requests: readonly PendingRequest<unknown>[]

  constructor(engine: Engine, call: string, requests: readonly PendingRequest<unknown>[]) {
    super(engine)
    this.call = call
    this.requests = requests
  }

  // Asked in a loop by the engine: whether it has to go on waiting.
  override get isPending(): boolean {
    let isPending = false
    for (const request of this.requests) {
      if (!request.isPending && !request.wasCancelled) return false
      if (request.isPending) isPending = true
    }
    return isPending
  }

  describe(): string {
    const pending = this.requests.filter((request) => request.isPending)
    const shown = pending.slice(0, 3).map((request) => request.describe())
    return `${this.call}([${shown.join(', ')}${pending.length > 3 ? `, and ${pending.length - 3} more` : ''}])`
  }

  protected value(): void {}
}
