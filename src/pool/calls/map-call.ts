import type { Call, Chunk } from './chunk.ts'
import type { FunctionHandle } from '../functions/function-table.ts'
import type { ProgressMeter } from '../progress/progress-meter.ts'

export interface MapCallOptions {
  readonly fn: FunctionHandle
  readonly flags: number
  readonly items: readonly unknown[]
  readonly chunkSize: number
  readonly meter: ProgressMeter | undefined
  readonly onOver: (call: MapCall) => void
}

/** map, starmap and apply: all items are there, and the results are wanted together. As in Python an error waits until all chunks are done. */
export class MapCall implements Call {
  readonly fn: FunctionHandle
  readonly flags: number
  /** As long as the list was at the call. */
  readonly results: unknown[]
  isOver = false
  /** The first that was thrown. */
  error: { readonly thrown: unknown } | undefined
  readonly #options: MapCallOptions
  #from = 0
  #chunks = 0
  #done = 0

  constructor(options: MapCallOptions) {
    this.#options = options
    this.fn = options.fn
    this.flags = options.flags
    this.results = new Array<unknown>(options.items.length)
    this.isOver = options.items.length === 0
  }

  get hasNext(): boolean {
    return this.#from < this.results.length
  }

  next(): Chunk | null {
    const { items, chunkSize } = this.#options
    const from = this.#from
    const count = Math.min(chunkSize, this.results.length - from)
    if (count === 0) return null
    this.#from += count
    this.#chunks += 1
    return { call: this, index: this.#chunks - 1, firstIndex: from, list: items, from, count, losses: 0 }
  }

  succeed(chunk: Chunk, results: ArrayLike<unknown>): void {
    const { firstIndex, count } = chunk
    for (let i = 0; i < count; i += 1) this.results[firstIndex + i] = results[i]
    this.#settle(count)
  }

  fail(chunk: Chunk, error: unknown): void {
    this.error ??= { thrown: error }
    this.#settle(chunk.count)
  }

  abandon(error: unknown): void {
    this.error = { thrown: error }
    this.#end()
  }

  #settle(count: number): void {
    this.#done += count
    try {
      this.#options.meter?.add(count)
    } catch (thrown) {
      this.error ??= { thrown }
    }
    if (this.#done === this.results.length) this.#end()
  }

  #end(): void {
    if (this.isOver) return
    this.isOver = true
    this.#options.meter?.end()
    this.#options.onOver(this)
  }
}
