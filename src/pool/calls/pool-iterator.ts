import { markAsStaying } from '../../wire/library-objects.ts'
import { deferred } from '../../base/deferred.ts'
import { underCaller } from './caller-lines.ts'
import type { Dispatcher } from '../dispatch/dispatcher.ts'
import type { Driver } from '../dispatch/drive.ts'
import type { IterationCall } from './iteration-call.ts'
import { refuseTimer } from './timer-signal.ts'

/** Results that the consumer may take before the dispatcher looks for new ones. */
const TAKES_PER_LOOK = 32

/** What imap and imapUnordered return: `for … of` blocks, `for await … of` does not. */
export class PoolIterator<R> implements IterableIterator<R, undefined>, AsyncIterable<R> {
  readonly #call: IterationCall
  readonly #dispatcher: Dispatcher
  readonly #driver: Driver
  #takes = 0
  #last: Promise<unknown> = Promise.resolve()

  readonly #onClosed: () => void
  readonly #signal: AbortSignal | undefined

  /** `onClosed`: the consumer has ended the iteration, and nothing of it is left to be done. */
  constructor(
    call: IterationCall,
    dispatcher: Dispatcher,
    driver: Driver,
    { signal, onClosed }: { readonly signal: AbortSignal | undefined; readonly onClosed: () => void },
  ) {
    this.#signal = signal
    this.#call = call
    this.#dispatcher = dispatcher
    this.#driver = driver
    this.#onClosed = onClosed
  }

  [Symbol.iterator](): this {
    return this
  }

  /** Blocks until there is a result. Throws the error of a task in its place; a later call goes on behind it. */
  next(): IteratorResult<R, undefined> {
    refuseTimer(this.#signal)
    if (!this.#call.canTake) this.#driver.block(() => this.#call.canTake)
    else if (this.#isTimeToLook) this.#driver.lookForSignals()
    return this.#take()
  }

  /** Ends the iteration: tasks that have not begun never do. */
  return(): IteratorResult<R, undefined> {
    this.#call.close()
    this.#dispatcher.cancel(this.#call)
    this.#onClosed()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): AsyncIterator<R, undefined> {
    return {
      next: () => this.#nextAsync(),
      return: () => Promise.resolve(this.return()),
    }
  }

  /** Calls that overlap are served in order. */
  #nextAsync(): Promise<IteratorResult<R, undefined>> {
    if (this.#call.canTake) {
      // Nothing that came before may wait still: it would have to come first.
      const isFirst = this.#waiters === 0
      if (isFirst) return this.#taken()
    }
    const { promise, resolve } = deferred<void>()
    const before = this.#last
    this.#last = promise
    return this.#takeAfter(before, resolve)
  }

  #waiters = 0

  /** Asynchronous, and awaited by the consumer alone, so that the stack of an error tells who that is. */
  async #takeAfter(before: Promise<unknown>, done: () => void): Promise<IteratorResult<R, undefined>> {
    this.#waiters += 1
    try {
      await before
      await this.#arrival()
      return this.#take()
    } finally {
      this.#waiters -= 1
      done()
    }
  }

  #taken(): Promise<IteratorResult<R, undefined>> {
    try {
      return Promise.resolve(this.#take())
    } catch (error) {
      // As it was thrown: a task may throw anything.
      return Promise.reject(error as Error)
    }
  }

  #arrival(): Promise<void> | undefined {
    if (this.#call.canTake) return undefined
    return new Promise((resolve) => {
      this.#driver.hold()
      this.#call.onArrival = () => {
        if (!this.#call.canTake) return
        this.#call.onArrival = () => undefined
        this.#driver.release()
        resolve()
      }
      this.#dispatcher.progress()
      this.#driver.run()
    })
  }

  /** Always where threads idle: the consumer is the slower one. */
  get #isTimeToLook(): boolean {
    return this.#takes % TAKES_PER_LOOK === 0 || this.#dispatcher.lanes.hasIdle
  }

  #take(): IteratorResult<R, undefined> {
    this.#takes += 1
    if (this.#isTimeToLook) this.#dispatcher.progress()
    // The user's function gives R.
    try {
      return this.#call.take() as IteratorResult<R, undefined>
    } catch (thrown) {
      throw underCaller(thrown)
    }
  }
}

markAsStaying(PoolIterator.prototype, 'PoolIterator')
