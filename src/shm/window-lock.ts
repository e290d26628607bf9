/*
 * The lock of a part of a window, int32 each:
 *
 *   0   next     tickets given out
 *   4   serving  the ticket whose turn it is, modulo 2^32
 *   8   readers  ranks that share the lock
 *   12  bell     goes up for the agent, which waits on behalf of other nodes
 *   16  for each rank of the communicator: its state, one of LockState, and the ticket that it waits with
 *
 * Tickets make it fair: who comes first has its turn first. A rank that shares the lock passes the turn on at once, one that has it alone when it
 * gives it back. The turn of a rank that waits no longer (isLost) is passed over by whoever gives it that turn, or by itself where it has come
 * already. All interleavings of these steps: test/unit/shm/window-lock-model.ts.
 */
const NEXT = 0
const SERVING = 1
const READERS = 2
const BELL = 3
const STATES = 4

const LockState = { none: 0, waits: 1, shares: 2, hasAlone: 3, isLost: 4 } as const

/** Wakes a rank that waits for its turn; -1: the agent. */
export type WakeWaiter = (rank: number) => void

/** A ticket of a rank that waits for the lock. */
export interface LockTicket {
  readonly rank: number
  readonly number: number
  readonly isShared: boolean
}

/** Shared or exclusive access for the time of an epoch (MPI 4.1 §12.5.3). Nothing here blocks: who waits looks at hasTurn(). */
export class WindowLock {
  readonly #words: Int32Array

  constructor(words: Int32Array) {
    this.#words = words
  }

  static bytes(size: number): number {
    return 4 * stateOf(size)
  }

  /** Queues a rank for the lock; where it has given up a wait whose turn is still to come, at that place. */
  queue(rank: number, isShared: boolean): LockTicket {
    const at = stateOf(rank)
    // Pairs with the exchange in #passOver(): one of the two has the place.
    if (Atomics.compareExchange(this.#words, at, LockState.isLost, LockState.waits) === LockState.isLost) {
      return { rank, number: Atomics.load(this.#words, at + 1), isShared }
    }
    // Before the ticket, and so before the look in hasTurn(): pairs with the loads in #wakeAll(), which come after the turn has passed on.
    Atomics.store(this.#words, at, LockState.waits)
    const number = Atomics.add(this.#words, NEXT, 1)
    Atomics.store(this.#words, at + 1, number)
    return { rank, number, isShared }
  }

  /** Whether a rank has the lock, or waits for it. */
  isOf(rank: number): boolean {
    // Pairs with the stores of whoever queues, takes and releases for the rank: for a rank of another node that is the agent, which asks this.
    const state = Atomics.load(this.#words, stateOf(rank))
    return state !== LockState.none && state !== LockState.isLost
  }

  /** Whether the lock can be had now. */
  hasTurn({ number, isShared }: LockTicket): boolean {
    // Pairs with the add in #passOn() and the sub in release().
    if (Atomics.load(this.#words, SERVING) !== number) return false
    return isShared || Atomics.load(this.#words, READERS) === 0
  }

  /** Takes the lock; hasTurn() has said yes. */
  take({ rank, isShared }: LockTicket, wake: WakeWaiter): void {
    if (!isShared) {
      Atomics.store(this.#words, stateOf(rank), LockState.hasAlone)
      return
    }
    Atomics.store(this.#words, stateOf(rank), LockState.shares)
    // Pairs with the load in hasTurn(): counted before the next one has its turn.
    Atomics.add(this.#words, READERS, 1)
    this.#passOn(wake)
  }

  /** Gives the lock back. */
  release(rank: number, wake: WakeWaiter): void {
    const state = Atomics.exchange(this.#words, stateOf(rank), LockState.none)
    if (state === LockState.hasAlone) this.#passOn(wake)
    if (state !== LockState.shares) return
    // Pairs with the load in hasTurn(): what the rank did under the lock comes before it.
    Atomics.sub(this.#words, READERS, 1)
    this.#wakeAll(wake)
  }

  /** A rank that waits gives up; one that is no more also gives back what it has. */
  abandon(rank: number, wake: WakeWaiter): void {
    const at = stateOf(rank)
    if (Atomics.compareExchange(this.#words, at, LockState.waits, LockState.isLost) !== LockState.waits) {
      return this.release(rank, wake)
    }
    // Behind the exchange. Pairs with the add in #passOn(), which comes before its look at the state: one of the two sees the other.
    if (Atomics.load(this.#words, SERVING) === Atomics.load(this.#words, at + 1)) this.#passOver(rank, wake)
  }

  /** Agent: for waitForBell(), before it looks at hasTurn(). */
  get bell(): number {
    return Atomics.load(this.#words, BELL)
  }

  /** Agent: until the bell rings after `seen`. */
  async waitForBell(seen: number): Promise<void> {
    // Pairs with the add in ringAgent().
    const wait = Atomics.waitAsync(this.#words, BELL, seen)
    if (wait.async) await wait.value
  }

  /** Wakes the agent. */
  ringAgent(): void {
    Atomics.add(this.#words, BELL, 1)
    Atomics.notify(this.#words, BELL)
  }

  #passOn(wake: WakeWaiter): void {
    // Pairs with the loads in hasTurn() and abandon().
    const turn = (Atomics.add(this.#words, SERVING, 1) + 1) | 0
    for (let rank = 0; stateOf(rank) < this.#words.length; rank += 1) {
      const at = stateOf(rank)
      if (Atomics.load(this.#words, at) !== LockState.isLost || Atomics.load(this.#words, at + 1) !== turn) continue
      if (this.#passOver(rank, wake)) return
    }
    this.#wakeAll(wake)
  }

  /** The turn of a rank that has given up has come: passes it on. False where somebody was faster. */
  #passOver(rank: number, wake: WakeWaiter): boolean {
    // Pairs with the same exchange of others, and with the one in queue().
    const state = Atomics.compareExchange(this.#words, stateOf(rank), LockState.isLost, LockState.none)
    if (state !== LockState.isLost) return false
    this.#passOn(wake)
    return true
  }

  #wakeAll(wake: WakeWaiter): void {
    if (Atomics.load(this.#words, NEXT) === Atomics.load(this.#words, SERVING)) return
    for (let rank = 0; stateOf(rank) < this.#words.length; rank += 1) {
      if (Atomics.load(this.#words, stateOf(rank)) === LockState.waits) wake(rank)
    }
  }
}

function stateOf(rank: number): number {
  return STATES + 2 * rank
}
