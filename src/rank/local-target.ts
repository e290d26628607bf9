import type { View } from '../mpi/datatype.ts'
import type { WindowTarget, WindowWait } from '../mpi/window-access.ts'
import type { WakeWaiter } from '../shm/window-lock.ts'
import type { WindowPart } from '../shm/window-part.ts'

/** A part of a window that lies in memory of this node: this thread works on it itself. */
export class LocalTarget implements WindowTarget {
  readonly #part: WindowPart
  /** Of this rank in the window's communicator. */
  readonly #rank: number
  readonly #wake: WakeWaiter
  readonly #wait: WindowWait

  constructor(part: WindowPart, rank: number, wake: WakeWaiter, wait: WindowWait) {
    this.#part = part
    this.#rank = rank
    this.#wake = wake
    this.#wait = wait
  }

  put(view: View, index: number): void {
    this.#part.put(index, view)
  }

  get(into: View, index: number): void {
    this.#part.get(index, into)
  }

  accumulate(operation: string, view: View, index: number): void {
    this.#part.accumulate(operation, index, view)
  }

  fetchAndOp(operation: string, operand: View, index: number): number | bigint {
    return this.#part.fetchAndOp(operation, index, operand)
  }

  compareAndSwap(values: View, index: number): number | bigint {
    return this.#part.compareAndSwap(index, values)
  }

  lock(isShared: boolean): void {
    const { lock } = this.#part
    const ticket = lock.queue(this.#rank, isShared)
    try {
      if (!lock.hasTurn(ticket)) this.#wait('lock', { hasCome: () => lock.hasTurn(ticket) })
    } catch (error) {
      // A deadlock. Who catches it does not have the lock, and others may get it.
      lock.abandon(this.#rank, this.#wake)
      throw error
    }
    lock.take(ticket, this.#wake)
  }

  unlock(): void {
    this.#part.lock.release(this.#rank, this.#wake)
  }

  flush(): void {}
}
