import type { View } from '../../mpi/datatypes/datatype.ts'
import type { Begun, WindowTarget, WindowWait } from '../../mpi/link/window-access.ts'
import type { WakeWaiter } from '../../shm/window-lock.ts'
import type { WindowPart } from '../../shm/window-part.ts'

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

  iput(view: View, index: number): Begun<void> {
    this.put(view, index)
    return DONE
  }

  get(into: View, index: number): void {
    this.#part.get(index, into)
  }

  iget(into: View, index: number): Begun<void> {
    this.get(into, index)
    return DONE
  }

  accumulate(operation: string, view: View, index: number): void {
    this.#part.accumulate(operation, index, view)
  }

  iaccumulate(operation: string, view: View, index: number): Begun<void> {
    this.accumulate(operation, view, index)
    return DONE
  }

  getAccumulate(operation: string, view: View, into: View, index: number): void {
    this.#part.getAccumulate(operation, index, view, into)
  }

  igetAccumulate(operation: string, view: View, into: View, index: number): Begun<void> {
    this.getAccumulate(operation, view, into, index)
    return DONE
  }

  fetchAndOp(operation: string, operand: View, index: number): number | bigint {
    return this.#part.fetchAndOp(operation, index, operand)
  }

  ifetchAndOp(operation: string, operand: View, index: number): Begun<number | bigint> {
    return new Done(this.fetchAndOp(operation, operand, index))
  }

  compareAndSwap(values: View, index: number): number | bigint {
    return this.#part.compareAndSwap(index, values)
  }

  icompareAndSwap(values: View, index: number): Begun<number | bigint> {
    return new Done(this.compareAndSwap(values, index))
  }

  lock(isShared: boolean): void {
    const begun = this.ilock(isShared)
    try {
      if (!begun.hasCome()) this.#wait('lock', begun)
    } catch (error) {
      // A deadlock. Who catches it does not have the lock, and others may get it.
      begun.abandon()
      throw error
    }
    begun.finish()
  }

  ilock(isShared: boolean): Begun<void> {
    const { lock } = this.#part
    const ticket = lock.queue(this.#rank, isShared)
    return {
      hasCome: () => lock.hasTurn(ticket),
      finish: () => lock.take(ticket, this.#wake),
      abandon: () => lock.abandon(this.#rank, this.#wake),
    }
  }

  unlock(): void {
    this.#part.lock.release(this.#rank, this.#wake)
  }

  iunlock(): Begun<void> {
    this.unlock()
    return DONE
  }

  flush(): void {}

  iflush(): Begun<void> {
    return DONE
  }
}

/** What was done at once. */
class Done<T> implements Begun<T> {
  readonly #outcome: T

  constructor(outcome: T) {
    this.#outcome = outcome
  }

  hasCome(): boolean {
    return true
  }

  finish(): T {
    return this.#outcome
  }

  abandon(): void {}
}

const DONE: Begun<void> = new Done<void>(undefined)
