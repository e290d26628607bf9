import { endpointOffset, type NodeMemory, UNWRITTEN_OUTPUT } from '../../shm/layout.ts'

/** Tells ranks that their output has been written, so that a rank that writes faster than the user's terminal or pipe reads waits. */
export class OutputCredit {
  readonly #words: Int32Array
  readonly #endpointOfRank: Int32Array

  constructor(node: NodeMemory, endpointOfRank: Int32Array) {
    this.#words = new Int32Array(node.memory.buffer)
    this.#endpointOfRank = endpointOfRank
  }

  done(rank: number, bytes: number): void {
    const endpoint = this.#endpointOfRank[rank] ?? -1
    if (endpoint < 0) return
    const word = endpointOffset(endpoint) / 4 + UNWRITTEN_OUTPUT
    // Pairs with the add and the wait in RankOutput.write().
    Atomics.sub(this.#words, word, bytes)
    Atomics.notify(this.#words, word)
  }
}
