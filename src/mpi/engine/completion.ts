import { timeoutOf } from '../terms/check-options.ts'
import { whatIs } from '../terms/in-words.ts'
import { UNDEFINED } from '../terms/constants.ts'
import type { Engine } from './engine.ts'
import { MPIError } from '../terms/mpi-error.ts'
import { PendingRequest } from '../requests/pending-request.ts'
import type { Request } from '../terms/request.ts'

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
    const { rank } = this.engine
    checkList(requests, rank, 'waitAll')
    const timeoutMs = timeoutOf(options, rank, 'waitAll')
    const all = pendingOnes(requests, rank, 'waitAll')
    const deadline = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : performance.now() + timeoutMs
    const values: unknown[] = []
    for (const request of all) {
      if (request.isPending) {
        const leftMs = deadline === Number.POSITIVE_INFINITY ? deadline : Math.max(0, deadline - performance.now())
        if (!this.engine.waitFor(request, leftMs)) throw request.timeoutError(leftMs)
      }
      values.push(request.result())
    }
    // One value for each request, in order.
    return values as Values<R>
  }

  /** Whether all are done, with their values in order. Never blocks. */
  testAll<R extends readonly Request<unknown>[]>(requests: R): TestedAll<R> {
    checkList(requests, this.engine.rank, 'testAll')
    this.engine.progress()
    const pending = pendingOnes(requests, this.engine.rank, 'testAll')
    for (const request of pending) request.asked()
    if (pending.some((request) => request.isPending)) return { done: false }
    return { done: true, value: this.waitAll(requests) }
  }

  /** Blocks until one is done. Cancelled and reported ones are passed over; index UNDEFINED where no other is left. ERR_TIMEOUT. */
  waitAny(requests: readonly Request<unknown>[], options?: { timeout?: number }): Completed {
    const [index, request] = this.awaitSome('waitAny', requests, options)[0] ?? []
    return index === undefined || request === undefined ? NONE_LEFT : { index, value: report(request) }
  }

  /** Whether one is done, with the first that is; or none is left to wait for: then index UNDEFINED. Never blocks. */
  testAny(requests: readonly Request<unknown>[]): TestedAny {
    const { rank } = this.engine
    checkList(requests, rank, 'testAny')
    this.engine.progress()
    const all = pendingOnes(requests, rank, 'testAny')
    for (const request of all) request.asked()
    const index = all.findIndex(isNews)
    const first = all[index]
    if (first !== undefined) return { done: true, index, value: report(first) }
    return all.some((request) => request.isPending) ? { done: false } : { done: true, ...NONE_LEFT }
  }

  /** Blocks until at least one is done; all that are. Cancelled and reported ones are passed over; empty where no other is left. ERR_TIMEOUT. */
  waitSome(requests: readonly Request<unknown>[], options?: { timeout?: number }): Completed[] {
    return reportAll(this.awaitSome('waitSome', requests, options))
  }

  /** All that are done, if any. Never blocks. */
  testSome(requests: readonly Request<unknown>[]): Completed[] {
    const { rank } = this.engine
    checkList(requests, rank, 'testSome')
    this.engine.progress()
    const all = pendingOnes(requests, rank, 'testSome')
    for (const request of all) request.asked()
    return reportAll([...all.entries()].filter(([, request]) => isNews(request)))
  }

  private awaitSome(
    call: 'waitSome' | 'waitAny',
    requests: readonly Request<unknown>[],
    options?: { timeout?: number },
  ): [number, PendingRequest<unknown>][] {
    const { rank } = this.engine
    checkList(requests, rank, call)
    const all = pendingOnes(requests, rank, call)
    new AnyRequest(this.engine, call, all).wait(options)
    return [...all.entries()].filter(([, request]) => isNews(request))
  }
}

const NONE_LEFT: Completed = Object.freeze({ index: UNDEFINED, value: undefined })

/** Whether a request is done and nobody has been told. */
function isNews(request: PendingRequest<unknown>): boolean {
  return !request.isPending && !request.wasCancelled && !request.wasReported
}

/** The value of a request that is done, or what made it fail; from now on the request is as inactive as MPI's REQUEST_NULL. */
function report(request: PendingRequest<unknown>): unknown {
  request.wasReported = true
  return request.result()
}

function reportAll(done: readonly [number, PendingRequest<unknown>][]): Completed[] {
  // What has succeeded meanwhile is told of by the next call.
  const failed = done.find(([, request]) => request.hasFailed)
  if (failed !== undefined) report(failed[1])
  return done.map(([index, request]) => ({ index, value: report(request) }))
}

function checkList(requests: unknown, rank: number, call: string): void {
  if (!Array.isArray(requests))
    throw new MPIError('ERR_ARG', rank, call, `${call}: give a list of requests, not ${whatIs(requests)}`)
}

function pendingOnes(requests: readonly Request<unknown>[], rank: number, call: string): PendingRequest<unknown>[] {
  const all: PendingRequest<unknown>[] = []
  // Not map(), which passes over the holes of a list; and Array.from() takes longer than all the rest of a wait for what is done.
  for (const request of requests) all.push(pendingOf(request, rank, call))
  return all
}

function pendingOf(request: Request<unknown>, rank: number, call: string): PendingRequest<unknown> {
  if (request instanceof PendingRequest) return request
  const advice = 'a request is what irecv, isend and the like return; they must not be awaited before'
  throw new MPIError('ERR_ARG', rank, call, `${call}: ${whatIs(request)} in the list is not a request; ${advice}`)
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
      if (isNews(request)) return false
      if (request.isPending) isPending = true
    }
    return isPending
  }

  override asked(): void {
    for (const request of this.requests) request.asked()
  }

  describe(): string {
    const pending = this.requests.filter((request) => request.isPending)
    const shown = pending.slice(0, 3).map((request) => request.describe())
    return `${this.call}([${shown.join(', ')}${pending.length > 3 ? `, and ${pending.length - 3} more` : ''}])`
  }

  protected value(): void {}
}
