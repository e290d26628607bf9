import { ASKED, endpointOffset, type NodeMemory, SLEEPING, WAITS } from './layout.ts'

/** What a rank says of itself to whoever looks for deadlocks (agent/wait-watch.ts). */
export const WaitMode = {
  /** It computes, or waits with a time limit. */
  runs: 0,
  /** A call blocks its thread until others do something. */
  blocks: 1,
  /** Its event loop has requests to wait for, and maybe other things. */
  awaits: 2,
} as const

/** Bits of the mode; above them the word counts changes, so that the same word twice means that nothing has happened between. */
const MODE_BITS = 2
const MODE_MASK = 3

/** The mode in a wait word. */
export function modeOf(word: number): number {
  return word & MODE_MASK
}

/** The rank's side of its wait word. Only the rank's thread writes it. */
export class WaitWord {
  readonly #words: Int32Array
  readonly #waits: number
  readonly #asked: number
  #changes = 0
  #mode: number = WaitMode.runs

  constructor(node: NodeMemory, endpoint: number) {
    this.#words = new Int32Array(node.memory.buffer)
    this.#waits = endpointOffset(endpoint) / 4 + WAITS
    this.#asked = endpointOffset(endpoint) / 4 + ASKED
  }

  /**
   * A blocking wait begins. Call it between the last look at the rings and the sleep: whatever comes afterwards rings the bell, so that a
   * rank which says that it blocks, and whose `sleeping` is 1, has nothing to read (lookAt() relies on it).
   */
  block(): void {
    this.#publish(WaitMode.blocks)
  }

  /** The blocking wait is over. */
  unblock(): void {
    this.#publish(this.#mode)
  }

  /** Whether the event loop waits for requests; between the last look at the rings and the sleep, as block(). */
  await(isAwaiting: boolean): void {
    const mode = isAwaiting ? WaitMode.awaits : WaitMode.runs
    if (mode === this.#mode) return
    this.#mode = mode
    this.#publish(mode)
  }

  /** The number of the agent's question, once; 0: there is none. */
  takeQuestion(): number {
    // Pairs with the store in ask().
    const question = Atomics.load(this.#words, this.#asked)
    if (question !== 0) Atomics.store(this.#words, this.#asked, 0)
    return question
  }

  #publish(mode: number): void {
    this.#changes = (this.#changes + 1) | 0
    // Pairs with the load in lookAt().
    Atomics.store(this.#words, this.#waits, (this.#changes << MODE_BITS) | mode)
  }
}

/** Agent: the wait word of the rank at `endpoint`. */
export function lookAt(words: Int32Array, endpoint: number): number {
  // Pairs with the store in WaitWord.
  return Atomics.load(words, endpointOffset(endpoint) / 4 + WAITS)
}

/** Agent: whether the rank at `endpoint` sleeps and nobody has rung its bell since. */
export function isAsleep(words: Int32Array, endpoint: number): boolean {
  // Pairs with the stores in Doorbell.prepare() and Doorbell.ring().
  return Atomics.load(words, endpointOffset(endpoint) / 4 + SLEEPING) === 1
}

/** Agent: asks the rank at `endpoint` what it waits for. Its bell must be rung afterwards. `question` is not 0. */
export function ask(words: Int32Array, endpoint: number, question: number): void {
  // Pairs with the load in takeQuestion().
  Atomics.store(words, endpointOffset(endpoint) / 4 + ASKED, question)
}
