import { showAs } from '../terms/inspect.ts'
import { CommFailure } from '../losses/comm-failure.ts'
import { ANY_SOURCE, ANY_TAG, PROC_NULL } from '../terms/constants.ts'
import { MPIError } from '../terms/mpi-error.ts'
import type { PointToPoint } from './point-to-point.ts'
import type { Options } from '../terms/request.ts'
import { Status } from '../terms/status.ts'

/** A message of `Comm.messages()`. `source`: rank in the communicator. */
export interface Received<T = unknown> {
  readonly data: T
  readonly source: number
  readonly tag: number
}

/** Which messages `Comm.messages()` gives out. */
export interface MessageFilter {
  /** ANY_SOURCE by default. */
  source?: number
  /** ANY_TAG by default. */
  tag?: number
  /** Of `for`, for each message, ms: ERR_TIMEOUT when it takes longer. */
  timeout?: number
  /** Of `for await`: ends the loop with the signal's reason. A message that comes later goes to another receive. */
  signal?: AbortSignal
}

/** The messages that come in from now on, one receive for each: `for` blocks, `for await` does not. */
export type MessageStream<T = unknown> = Iterable<Received<T>> & AsyncIterable<Received<T>>

/** What `Comm.messages()` returns; documented there. */
export class Messages<T> implements Iterable<Received<T>>, AsyncIterable<Received<T>> {
  private readonly pointToPoint: PointToPoint
  private readonly source: number
  private readonly tag: number
  private readonly filter: MessageFilter

  /** Throws ERR_RANK, ERR_TAG, ERR_COMM, ERR_ARG. */
  constructor(pointToPoint: PointToPoint, filter: MessageFilter) {
    pointToPoint.checkUsable('messages', filter, ['source', 'tag'])
    const { source = ANY_SOURCE, tag = ANY_TAG } = filter
    this.pointToPoint = pointToPoint
    this.source = source
    this.tag = tag
    this.filter = filter
    pointToPoint.sourceOf('messages', source, tag)
  }

  *[Symbol.iterator](): Generator<Received<T>, void, void> {
    for (let status = new Status(); this.mayCome(); status = new Status()) {
      let data: T
      try {
        const request = this.pointToPoint.receive<T>('messages', null, this.source, this.tag, { status })
        data = this.pointToPoint.finish(request, this.filter.timeout)
      } catch (error) {
        if (this.isEnd(error)) return
        throw error
      }
      yield { data, source: status.source, tag: status.tag }
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Received<T>, void, void> {
    const { signal } = this.filter
    for (let status = new Status(); this.mayCome(); status = new Status()) {
      // Where it has been aborted between two messages.
      signal?.throwIfAborted()
      const options: Options = signal === undefined ? { status } : { status, signal }
      let data: T
      try {
        data = await this.pointToPoint.receive<T>('messages', null, this.source, this.tag, options)
      } catch (error) {
        if (this.isEnd(error)) return
        throw error
      }
      yield { data, source: status.source, tag: status.tag }
    }
  }

  /** Whether a message is there, or another rank may still send one. */
  private mayCome(): boolean {
    if (this.source === PROC_NULL) return false
    const { scope } = this.pointToPoint
    const world = this.pointToPoint.sourceOf('messages', this.source, this.tag)
    const { engine } = scope
    return (
      engine.find(scope, world, this.tag) !== null ||
      !engine.ended.isOver(scope, world) ||
      engine.losses.relevant(scope, world).length > 0
    )
  }

  // All senders have finished while this rank waited. That one is lost is no end, but an error.
  private isEnd(error: unknown): boolean {
    if (error instanceof CommFailure) return false
    return error instanceof MPIError && error.code === 'ERR_PROC_FAILED' && !this.mayCome()
  }

  static {
    showAs<Messages<unknown>>(
      Messages.prototype,
      'Messages',
      ({ source, tag }) => `Messages { source: ${source}, tag: ${tag} }`,
    )
  }
}
