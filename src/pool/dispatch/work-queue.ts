import type { Call, Chunk } from '../calls/chunk.ts'

/** The calls of a pool that have something to do, served in turn; chunks that came back go first. */
export class WorkQueue {
  readonly #calls = new Set<Call>()
  #turn: Call[] = []
  #returned: Chunk[] = []

  add(call: Call): void {
    this.#calls.add(call)
    this.#turn.push(call)
  }

  /** A call that has all its outcomes, or is not wanted any more. */
  remove(call: Call): void {
    this.#calls.delete(call)
    this.#turn = this.#turn.filter((other) => other !== call)
    this.#returned = this.#returned.filter((chunk) => chunk.call !== call)
  }

  /** Whether any call is not done. */
  get hasCalls(): boolean {
    return this.#calls.size > 0
  }

  giveBack(chunks: readonly Chunk[]): void {
    this.#returned.unshift(...chunks.filter((chunk) => !chunk.call.isOver))
  }

  /** The next chunk to be sent; undefined: none now. */
  take(): Chunk | undefined {
    const returned = this.#returned.shift()
    if (returned !== undefined) return returned
    for (let left = this.#turn.length; left > 0; left -= 1) {
      const [call] = this.#turn
      if (call === undefined) return undefined
      if (this.#turn.length > 1) {
        this.#turn.shift()
        this.#turn.push(call)
      }
      const chunk = call.hasNext ? call.next() : null
      if (chunk !== null) return chunk
    }
    return undefined
  }

  /** Empties the queue; returns what was not done. */
  drop(): Call[] {
    const calls = [...this.#calls]
    this.#calls.clear()
    this.#turn = []
    this.#returned = []
    return calls
  }
}
