import { BELL, endpointOffset, type NodeMemory, SLEEPING } from './layout.ts'

/**
 * Wakes one endpoint, from any thread of the node. There is one bell for all reasons to wake: something to read, room to write.
 *
 * No wake-up is lost, by Dekker's argument: the sleeper stores `sleeping` and then looks at the rings again; the waker changes a
 * ring (tail, head) and then looks at `sleeping`. All four are sequentially consistent, so at least one of the two sees the other.
 */
export class Doorbell {
  readonly #words: Int32Array
  readonly #bell: number
  readonly #sleeping: number
  /** sleepAsync() waits: it must be rung also when a blocking wait of the same thread began and ended meanwhile. */
  #sleepsAsync = false

  constructor(node: NodeMemory, endpoint: number) {
    this.#words = new Int32Array(node.memory.buffer)
    this.#bell = endpointOffset(endpoint) / 4 + BELL
    this.#sleeping = endpointOffset(endpoint) / 4 + SLEEPING
  }

  /** Called by wakers after they changed something the owner may wait for. */
  ring(): void {
    // Pairs with the store in prepare(): seen 1, the owner sleeps or will find the bell changed.
    if (Atomics.load(this.#words, this.#sleeping) === 0) return
    Atomics.store(this.#words, this.#sleeping, 0)
    // Pairs with the load in prepare(): the owner's wait compares against the value of before.
    Atomics.add(this.#words, this.#bell, 1)
    Atomics.notify(this.#words, this.#bell)
  }

  /** Owner: ends a sleepAsync() of its own. */
  nudge(): void {
    Atomics.add(this.#words, this.#bell, 1)
    Atomics.notify(this.#words, this.#bell)
  }

  /** Owner: announces that it is going to sleep. After it the owner must look at its rings once more, then sleep() or awake(). */
  prepare(): number {
    const seen = Atomics.load(this.#words, this.#bell)
    Atomics.store(this.#words, this.#sleeping, 1)
    return seen
  }

  /** Owner: takes prepare() back. */
  awake(): void {
    if (!this.#sleepsAsync) Atomics.store(this.#words, this.#sleeping, 0)
  }

  /**
   * Owner: takes prepare() back also while a sleepAsync() is pending, because the owner looks at its rings itself for a while. Before it leaves
   * off it must prepare() and look once more; the pending sleep then goes on.
   */
  stayAwake(): void {
    Atomics.store(this.#words, this.#sleeping, 0)
  }

  /** Owner: blocks the thread until the bell rings after `seen` = prepare(), or until `timeoutMs`. */
  sleep(seen: number, timeoutMs: number): void {
    Atomics.wait(this.#words, this.#bell, seen, timeoutMs)
    this.awake()
  }

  /** Owner: like sleep(), from the event loop. Does not keep the loop alive by itself (docs of Atomics.waitAsync). */
  async sleepAsync(seen: number, timeoutMs: number = Number.POSITIVE_INFINITY): Promise<void> {
    const result = Atomics.waitAsync(this.#words, this.#bell, seen, timeoutMs)
    if (!result.async) return
    this.#sleepsAsync = true
    await result.value
    this.#sleepsAsync = false
  }
}
