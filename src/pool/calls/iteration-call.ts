import type { Call, Chunk } from './chunk.ts'
import type { FunctionHandle } from '../functions/function-table.ts'
import type { ProgressMeter } from '../progress/progress-meter.ts'

/** Results that wait for the consumer hold the input back from this many bytes on. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024

export interface IterationCallOptions {
  readonly fn: FunctionHandle
  readonly flags: number
  readonly input: Iterator<unknown>
  readonly chunkSize: number
  readonly isOrdered: boolean
  readonly meter?: ProgressMeter | undefined
  /** Chunks that may be on their way or wait for the consumer; asked each time. Infinity: no limit of bytes either. */
  readonly window: () => number
  /** Nothing is left to be done; results may still wait. */
  readonly onOver: (call: IterationCall) => void
}

/** What a chunk gave, for the consumer: its results one by one, or its error. */
type Outcome =
  | { readonly results: ArrayLike<unknown>; readonly weight: number }
  | { readonly error: unknown; readonly weight: number }

/** imap and imapUnordered: items are taken from the input as results are taken by the consumer, so an input without end is no harm. */
export class IterationCall implements Call {
  readonly fn: FunctionHandle
  readonly flags: number
  isOver = false
  readonly #options: IterationCallOptions
  readonly #waiting = new Map<number, Outcome>()
  #waitingBytes = 0
  #isAtEnd = false
  #isPulling = false
  #pulled = 0
  #chunks = 0
  #open = 0
  /** Ordered: number of the chunk that the consumer is at. Otherwise of the outcome. */
  #consumed = 0
  #arrived = 0
  #current: Outcome | undefined
  #position = 0
  #ending: { readonly error: unknown } | undefined

  constructor(options: IterationCallOptions) {
    this.#options = options
    this.fn = options.fn
    this.flags = options.flags
  }

  get hasNext(): boolean {
    if (this.#isAtEnd || this.#isPulling || this.isOver) return false
    const taken = this.#open + this.#waiting.size
    if (taken === 0) return true
    const window = this.#options.window()
    const mostBytes = window === Number.POSITIVE_INFINITY ? window : MOST_WAITING_BYTES
    return this.#chunks - this.#consumed < window && this.#waitingBytes < mostBytes
  }

  next(): Chunk | null {
    const list = this.#pull()
    const count = list.length
    // The input may have ended the call.
    if (count === 0 || this.isOver) {
      this.#endIfDone()
      return null
    }
    const chunk = { call: this, index: this.#chunks, firstIndex: this.#pulled, list, from: 0, count, losses: 0 }
    this.#pulled += count
    this.#chunks += 1
    this.#open += 1
    return chunk
  }

  #pull(): unknown[] {
    const list: unknown[] = []
    // The input may call this pool itself.
    this.#isPulling = true
    try {
      while (list.length < this.#options.chunkSize) {
        const step = this.#options.input.next()
        if (step.done === true) {
          this.#isAtEnd = true
          break
        }
        list.push(step.value)
      }
    } catch (error) {
      // The consumer gets what was done before, then the input's error.
      this.#isAtEnd = true
      this.#ending = { error }
    } finally {
      this.#isPulling = false
    }
    return list
  }

  succeed(chunk: Chunk, results: ArrayLike<unknown>, weight: number): void {
    this.#arrive(chunk, { results, weight })
  }

  fail(chunk: Chunk, error: unknown): void {
    this.#arrive(chunk, { error, weight: 0 })
  }

  #arrive(chunk: Chunk, outcome: Outcome): void {
    this.#open -= 1
    this.#waiting.set(this.#options.isOrdered ? chunk.index : this.#arrived, outcome)
    this.#arrived += 1
    this.#waitingBytes += outcome.weight
    this.#count(chunk.count)
    this.#endIfDone()
    this.onArrival()
  }

  #count(count: number): void {
    try {
      this.#options.meter?.add(count)
    } catch (error) {
      // A program's onProgress: as an error of the input.
      this.#isAtEnd = true
      this.#ending ??= { error }
    }
  }

  /** For consumers that await: an outcome has come, or the call has ended. */
  onArrival: () => void = () => undefined

  #endIfDone(): void {
    if (this.isOver || !this.#isAtEnd || this.#open > 0) return
    this.isOver = true
    this.#options.meter?.end()
    this.#options.onOver(this)
    this.onArrival()
  }

  abandon(error: unknown): void {
    this.#ending ??= { error }
    this.#isAtEnd = true
    this.#open = 0
    this.isOver = true
    this.#options.meter?.end()
    this.onArrival()
  }

  /** The consumer wants no more. */
  close(): void {
    this.#waiting.clear()
    this.#current = undefined
    this.#ending = undefined
    this.#isAtEnd = true
    this.isOver = true
    this.#options.meter?.end()
    this.#options.input.return?.()
  }

  /** Whether take() has something to give now: a result, an error or the end. */
  get canTake(): boolean {
    return this.#current !== undefined || this.#waiting.has(this.#consumed) || this.isOver
  }

  /** The next result. Throws the error of a task in its place; iteration may go on behind it. Call where `canTake`. */
  take(): IteratorResult<unknown, undefined> {
    const current = this.#current ?? this.#nextOutcome()
    if (current === undefined) return this.#finish()
    if ('error' in current) {
      this.#current = undefined
      throw current.error
    }
    const value = current.results[this.#position]
    this.#position += 1
    this.#current = this.#position < current.results.length ? current : undefined
    return { done: false, value }
  }

  #nextOutcome(): Outcome | undefined {
    const outcome = this.#waiting.get(this.#consumed)
    if (outcome === undefined) return undefined
    this.#waiting.delete(this.#consumed)
    this.#consumed += 1
    this.#waitingBytes -= outcome.weight
    this.#position = 0
    return outcome
  }

  #finish(): IteratorResult<unknown, undefined> {
    const ending = this.#ending
    this.#ending = undefined
    if (ending !== undefined) throw ending.error
    return { done: true, value: undefined }
  }
}
