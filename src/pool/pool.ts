import { EventEmitter } from 'node:events'
import { markAsStaying } from '../wire/library-objects.ts'
import { CHUNK_SPREAD, type FunctionRef } from '../wire/pool-messages.ts'
import { callerUrl } from './calls/caller.ts'
import { Calls, type MapRequest } from './calls/calls.ts'
import { Dispatcher } from './dispatch/dispatcher.ts'
import { Driver } from './dispatch/drive.ts'
import { FunctionTable } from './functions/function-table.ts'
import { isPoolThread, refuseInPoolThread } from './in-pool-thread.ts'
import { move } from './move.ts'
import { PoolError } from './pool-error.ts'
import { placesFor } from './dispatch/places.ts'
import type { PoolIterator } from './calls/pool-iterator.ts'
import {
  type ApplyOptions,
  checkCount,
  checkedCallOptions,
  checkedPoolOptions,
  type ImapOptions,
  type MapOptions,
  type PoolOptions,
} from './pool-options.ts'
import { signalWatch } from './calls/signal-watch.ts'
import type { PoolStats } from './dispatch/statistics.ts'
import { type PoolEvents, tellStray } from './stray-errors.ts'
import { argumentListsOf, argumentsOf, itemsOf, itemsWhileBlocked } from './calls/task-lists.ts'
import type { TaskContext } from './thread/task-context.ts'
import { threadProgram } from './lanes/thread-program.ts'

/** A function of one item, or where it is: './file.js#name'. The context comes with calls that have a signal. */
export type MapFunction<T, R> = ((item: T, context: TaskContext) => R | PromiseLike<R>) | string
/** A function of several arguments, or where it is. */
export type PoolFunction<P extends readonly unknown[], R> = ((...args: P) => R | PromiseLike<R>) | string
/** The arguments that a function with these parameters is given: all, or all but the context. */
export type Arguments<P extends readonly unknown[]> =
  | Readonly<P>
  | (P extends readonly [...infer Leading, TaskContext] ? Readonly<Leading> : never)

/**
 * Threads that work off calls of functions, as Python's multiprocessing.Pool. `map`, `starmap`, `apply` and `for … of imap(…)` block the
 * thread, their asynchronous forms never do. Threads do not keep the program alive. Event 'error': see PoolEvents.
 */
export class Pool extends EventEmitter<PoolEvents> {
  readonly #dispatcher: Dispatcher
  readonly #driver: Driver
  readonly #calls: Calls
  /** Number of threads. */
  readonly size: number

  /** `processes` threads, by default one for each core; with mpirun-ts --pool those of all ranks of the job, by default and at most. Throws TypeError, RangeError. */
  constructor(processes?: number | null, options: PoolOptions = {}) {
    super()
    refuseInPoolThread()
    const places = placesFor(processes)
    this.size = places.size
    const functions = new FunctionTable()
    const {
      initializer,
      initArgs = [],
      maxTasksPerChild,
      retries = 0,
      graceMs = 1000,
      resourceLimits,
    } = checkedPoolOptions(options)
    const start = initializer === undefined ? {} : initializerRef(initializer, functions)
    signalWatch.prepare()
    this.#dispatcher = new Dispatcher({
      ...places.dispatcher,
      threadProgram: threadProgram(),
      initializer: start.ref,
      initArgs: argumentsOf('new Pool: initArgs', initArgs),
      maxChunksPerThread:
        maxTasksPerChild === undefined
          ? Number.POSITIVE_INFINITY
          : checkCount('Pool: maxTasksPerChild', maxTasksPerChild, 1),
      retries: checkCount('Pool: retries', retries, 0),
      graceMs: checkCount('Pool: graceMs', graceMs, 0),
      resourceLimits,
      onStray: (error) => tellStray(this, error),
      onFailedStart: (error) => {
        // The calls that wait tell the program, or one that is made in the same turn.
        if (this.#dispatcher.hasWork) return
        setImmediate(() => {
          if (!this.#calls.hasToldEnding) tellStray(this, error)
        })
      },
    })
    if (start.error !== undefined) this.#dispatcher.end(start.error)
    this.#driver = new Driver(this.#dispatcher)
    this.#calls = new Calls(this.#dispatcher, this.#driver, functions, this.size)
  }

  /** false while a pool's thread loads the module that asks: guard the main part of a program with it. */
  static get isMain(): boolean {
    return !isPoolThread()
  }

  /** Gives memory to the thread instead of a copy of it: `pool.apply(fn, [Pool.move(view)])`; the view is empty afterwards. */
  static readonly move: typeof move = move

  /** Nodes that work for the pool, those that are lost left out; 1 without --pool. */
  get nodes(): number {
    return this.#dispatcher.nodes
  }

  /** `fn` of each item, in order of the items. Blocks. Throws the first error of a task when all are done. */
  map<T, R>(fn: MapFunction<T, R>, iterable: Iterable<T>, options: MapOptions = {}): R[] {
    // Here and below: what the user's function gives.
    const items = checkedCallOptions(options).onProgress === undefined ? itemsWhileBlocked(iterable) : itemsOf(iterable)
    return this.#calls.block(mapRequest(fn, items, options)) as R[]
  }

  /** Awaitable `map`: never blocks. */
  mapAsync<T, R>(fn: MapFunction<T, R>, iterable: Iterable<T>, options: MapOptions = {}): Promise<R[]> {
    return this.#calls.promise(() => mapRequest(fn, itemsOf(iterable), options)) as Promise<R[]>
  }

  /** Like map, each item being a list of arguments. */
  starmap<P extends readonly unknown[], R>(
    fn: PoolFunction<P, R>,
    iterable: Iterable<Arguments<P>>,
    options: MapOptions = {},
  ): R[] {
    return this.#calls.block(starmapRequest(fn, iterable, options)) as R[]
  }

  /** Awaitable `starmap`: never blocks. */
  starmapAsync<P extends readonly unknown[], R>(
    fn: PoolFunction<P, R>,
    iterable: Iterable<Arguments<P>>,
    options: MapOptions = {},
  ): Promise<R[]> {
    return this.#calls.promise(() => starmapRequest(fn, iterable, options)) as Promise<R[]>
  }

  /** One call in a thread: what it gives. Blocks. Throws what it throws. */
  apply<P extends readonly unknown[], R>(fn: PoolFunction<P, R>, args?: Arguments<P>, options: ApplyOptions = {}): R {
    return this.#calls.block(applyRequest(fn, args, options))[0] as R
  }

  /** Awaitable `apply`: never blocks. */
  async applyAsync<P extends readonly unknown[], R>(
    fn: PoolFunction<P, R>,
    args?: Arguments<P>,
    options: ApplyOptions = {},
  ): Promise<R> {
    const [result] = await this.#calls.promise(() => applyRequest(fn, args, options))
    return result as R
  }

  /**
   * Results in order of the items, as they come: `for` blocks for each, `for await` does not. Takes items only as results are taken. Begins at once.
   */
  imap<T, R>(fn: MapFunction<T, R>, iterable: Iterable<T>, options: ImapOptions = {}): PoolIterator<R> {
    return this.#calls.iterate(fn, iterable, options, true)
  }

  /** `imap` with the results in the order in which they are done. */
  imapUnordered<T, R>(fn: MapFunction<T, R>, iterable: Iterable<T>, options: ImapOptions = {}): PoolIterator<R> {
    return this.#calls.iterate(fn, iterable, options, false)
  }

  /** No more calls; threads end by themselves when all is done: initializers and 'exit' listeners run to their ends. */
  close(): void {
    this.#calls.isClosed = true
    this.#calls.endIfDone()
  }

  /** Ends all threads at once, also those that loop; what is not done fails with ERR_POOL_TERMINATED. */
  terminate(): void {
    this.#calls.isClosed = true
    this.#dispatcher.end(new PoolError('ERR_POOL_TERMINATED', 'the pool was terminated before the task was done'))
  }

  /** Resolves when all threads have ended. Rejects where neither close() nor terminate() was called. */
  async join(): Promise<void> {
    if (!this.#calls.isClosed) throw new Error('join: the pool is still running: call close() or terminate() before')
    this.#calls.isJoined = true
    this.#driver.hold()
    try {
      this.#dispatcher.progress()
      this.#driver.run()
      await this.#dispatcher.ended
      await this.#dispatcher.lanes.exited()
      await this.#dispatcher.remote?.finished
    } finally {
      this.#driver.release()
    }
  }

  /** `using`: terminates. */
  [Symbol.dispose](): void {
    this.terminate()
  }

  /** `await using`, like Python's `with`: terminates, and waits for the threads to end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.terminate()
    await this.join()
  }

  /** What was done so far: times, counts, threads. Never blocks. */
  stats(): PoolStats {
    return this.#dispatcher.statistics.snapshot()
  }
}

markAsStaying(Pool.prototype, 'Pool')

/** An initializer that cannot travel is one that fails: every task hears of it. */
function initializerRef(
  initializer: Exclude<PoolOptions['initializer'], undefined>,
  functions: FunctionTable,
): { readonly ref?: FunctionRef; readonly error?: PoolError } {
  try {
    return { ref: functions.handleOf(initializer, callerUrl).ref }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return { error: new PoolError('ERR_POOL_INITIALIZER', `the initializer failed: ${reason}`, { cause }) }
  }
}

function mapRequest(fn: PoolFunction<never, unknown>, items: readonly unknown[], options: MapOptions): MapRequest {
  return { fn, flags: 0, items, options: checkedCallOptions(options) }
}

function starmapRequest(
  fn: PoolFunction<never, unknown>,
  iterable: Iterable<unknown>,
  options: MapOptions,
): MapRequest {
  const items = argumentListsOf('starmap', iterable)
  return { fn, flags: CHUNK_SPREAD, items, options: checkedCallOptions(options) }
}

function applyRequest(fn: PoolFunction<never, unknown>, args: unknown, options: ApplyOptions): MapRequest {
  const items = [argumentsOf('apply: the second argument', args ?? [])]
  return { fn, flags: CHUNK_SPREAD, items, options: checkedCallOptions(options) }
}
