import { onAbort } from '../../base/on-abort.ts'
import { CHUNK_CONTEXT, CHUNK_SPREAD } from '../../wire/pool-messages.ts'
import { callerUrl } from './caller.ts'
import { underCaller } from './caller-lines.ts'
import type { Call } from './chunk.ts'
import { defaultChunkSize } from './chunk-size.ts'
import { checkContextPlace } from '../functions/context-place.ts'
import type { Dispatcher } from '../dispatch/dispatcher.ts'
import type { Driver } from '../dispatch/drive.ts'
import type { FunctionTable } from '../functions/function-table.ts'
import { IterationCall } from './iteration-call.ts'
import { MapCall } from './map-call.ts'
import { PoolError } from '../pool-error.ts'
import { PoolIterator } from './pool-iterator.ts'
import { progressLine } from '../progress/progress-line.ts'
import {
  checkCount,
  checkedCallOptions,
  type ImapOptions,
  type MapOptions,
  type ProgressOptions,
} from '../pool-options.ts'
import { ProgressMeter } from '../progress/progress-meter.ts'
import { checkIterable } from './task-lists.ts'
import type { AnyFunction } from '../modules/task-registry.ts'
import { signalWatch } from './signal-watch.ts'
import { refuseTimer } from './timer-signal.ts'

/** Chunks of an iteration that a thread may have on its way and waiting for the consumer. */
const LEAST_WINDOW = 4
const MOST_WINDOW = 2048
/** What the window of a thread should be worth, ms of its work. */
const WINDOW_MS = 4

/** What map, starmap and apply ask for. */
export interface MapRequest {
  readonly fn: AnyFunction | string
  /** CHUNK_SPREAD or 0. */
  readonly flags: number
  readonly items: readonly unknown[]
  readonly options: MapOptions
}

/** Begins the calls of one pool and waits for them, blocking or not. */
export class Calls {
  isClosed = false
  /** join() waits for all tasks, also for those whose results nobody has taken yet. */
  isJoined = false
  /** A call was refused with the dispatcher's `ending`. */
  hasToldEnding = false
  readonly #dispatcher: Dispatcher
  readonly #driver: Driver
  readonly #functions: FunctionTable
  readonly #threads: number

  constructor(dispatcher: Dispatcher, driver: Driver, functions: FunctionTable, threads: number) {
    this.#dispatcher = dispatcher
    this.#driver = driver
    this.#functions = functions
    this.#threads = threads
  }

  /** Blocks until the call is done; its results. */
  block(request: MapRequest): unknown[] {
    refuseTimer(request.options.signal)
    signalWatch.begin()
    const call = this.#begin(request, () => undefined)
    this.#driver.block(() => call.isOver)
    if (call.error !== undefined) throw underCaller(call.error.thrown)
    return call.results
  }

  /** The results, awaitable; mistakes in the arguments reject too. Asynchronous itself, so that the stack tells who awaits it. */
  async promise(request: () => MapRequest): Promise<unknown[]> {
    try {
      return await this.#settled(request)
    } catch (thrown) {
      throw underCaller(thrown)
    }
  }

  #settled(request: () => MapRequest): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const call = this.#begin(request(), (over) => {
        this.#driver.release()
        if (over.error === undefined) resolve(over.results)
        else reject(over.error.thrown as Error)
      })
      if (call.isOver) return resolve(call.results)
      this.#driver.hold()
      this.#driver.run()
    })
  }

  #begin({ fn, flags, items, options }: MapRequest, onOver: (call: MapCall) => void): MapCall {
    this.#checkOpen()
    const { chunkSize, signal } = options
    signal?.throwIfAborted()
    if (signal !== undefined) checkContextPlace(fn, (flags & CHUNK_SPREAD) === 0 ? 1 : countOf(items[0]))
    const meter = this.#meter(options, items.length)
    const call = new MapCall({
      fn: this.#functions.handleOf(fn, callerUrl),
      flags: flags | contextFlag(signal),
      items,
      chunkSize:
        chunkSize === undefined ? defaultChunkSize(items.length, this.#threads) : checkCount('chunkSize', chunkSize, 1),
      meter,
      onOver: (over) => {
        this.#over(over)
        onOver(over)
      },
    })
    if (!call.isOver) this.#start(call, signal)
    return call
  }

  /** imap and imapUnordered. */
  iterate<R>(
    fn: AnyFunction | string,
    iterable: Iterable<unknown>,
    options: ImapOptions,
    isOrdered: boolean,
  ): PoolIterator<R> {
    this.#checkOpen()
    const { chunkSize = 1, signal } = checkedCallOptions(options)
    signal?.throwIfAborted()
    if (signal !== undefined) checkContextPlace(fn, 1)
    const meter = this.#meter(options, Array.isArray(iterable) ? iterable.length : undefined)
    const call = new IterationCall({
      fn: this.#functions.handleOf(fn, callerUrl),
      flags: contextFlag(signal),
      input: iteratorOf(iterable),
      chunkSize: checkCount('chunkSize', chunkSize, 1),
      isOrdered,
      meter,
      window: () => this.#window(),
      onOver: (over) => this.#over(over),
    })
    this.#start(call, signal)
    this.#driver.run()
    return new PoolIterator<R>(call, this.#dispatcher, this.#driver, { signal, onClosed: () => this.#over(call) })
  }

  /** undefined where nobody wants to know how far a call is. */
  #meter({ onProgress, progress = false }: ProgressOptions, total: number | undefined): ProgressMeter | undefined {
    if (onProgress !== undefined && typeof onProgress !== 'function')
      throw new TypeError('onProgress must be a function')
    // A call of one task, such as apply, has no progress to show.
    const line = total === 1 ? undefined : progressLine(progress)
    if (line === undefined && onProgress === undefined) return undefined
    return new ProgressMeter(total, () => this.#dispatcher.nodes, onProgress, line)
  }

  #window(): number {
    if (this.isJoined) return Number.POSITIVE_INFINITY
    let window = 0
    const { lanes, remote } = this.#dispatcher
    for (const { meanRunMs } of lanes.all)
      window += Math.max(LEAST_WINDOW, Math.min(MOST_WINDOW, WINDOW_MS / meanRunMs))
    // Other nodes are further away: they need more on the way.
    for (const meanRunMs of remote?.meanRunMs ?? []) {
      window += Math.max(4 * LEAST_WINDOW, Math.min(4 * MOST_WINDOW, (4 * WINDOW_MS) / meanRunMs))
    }
    return window
  }

  #checkOpen(): void {
    const { ending } = this.#dispatcher
    if (this.isClosed)
      throw new PoolError('ERR_POOL_CLOSED', 'the pool takes no more tasks: it was closed or terminated')
    if (ending === undefined) return
    this.hasToldEnding = true
    throw underCaller(ending)
  }

  #start(call: Call & { abandon(error: unknown): void }, signal: AbortSignal | undefined): void {
    if (signal !== undefined) {
      const abort = (): void => {
        if (call.isOver) return
        call.abandon(signal.reason)
        this.#dispatcher.cancel(call)
        this.#over(call)
      }
      this.#aborts.set(call, onAbort(signal, abort))
    }
    this.#dispatcher.queue.add(call)
    this.#dispatcher.progress()
  }

  readonly #aborts = new WeakMap<Call, () => void>()

  #over(call: Call): void {
    this.#aborts.get(call)?.()
    this.#dispatcher.queue.remove(call)
    this.#dispatcher.remote?.cancel(call)
    this.endIfDone()
  }

  /** After close(): ends the threads when nothing is left to be done. */
  endIfDone(): void {
    if (!this.isClosed || this.#dispatcher.hasWork) return
    this.#dispatcher.finish(new PoolError('ERR_POOL_CLOSED', 'the pool was closed'))
    this.#driver.run()
  }
}

/** Arguments in a task of starmap or apply. */
function countOf(task: unknown): number {
  return Array.isArray(task) || ArrayBuffer.isView(task) ? (task as ArrayLike<unknown>).length : 0
}

function contextFlag(signal: AbortSignal | undefined): number {
  return signal === undefined ? 0 : CHUNK_CONTEXT
}

function iteratorOf(iterable: Iterable<unknown>): Iterator<unknown> {
  checkIterable(iterable)
  return iterable[Symbol.iterator]()
}
