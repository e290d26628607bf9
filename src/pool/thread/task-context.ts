import { ControlWord, SEQUENCE_MODULUS } from '../../wire/pool-messages.ts'

/** What a task of a call with a `signal` gets behind its arguments. */
export interface TaskContext {
  /** Aborted when the caller's signal is; `signal.aborted` is up to date also in a loop that never awaits. */
  readonly signal: AbortSignal
  /** Position of the task in its call. */
  readonly index: number
}

/** The cancellation of the chunk that runs. */
export class Cancellation {
  readonly #control: Int32Array
  readonly #mark: number
  readonly #controller = new AbortController()
  readonly signal: AbortSignal

  constructor(control: Int32Array, sequence: number) {
    this.#control = control
    this.#mark = cancelMark(sequence)
    const { signal } = this.#controller
    const isAborted = (): boolean => this.look()
    // The getter of AbortSignal shows what an event loop has delivered; a loop that never awaits must see it too.
    const inherited = Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')
    Object.defineProperty(signal, 'aborted', {
      get: () => isAborted() || inherited?.get?.call(signal) === true,
      configurable: true,
    })
    const throwIfAborted = signal.throwIfAborted.bind(signal)
    Object.defineProperty(signal, 'throwIfAborted', {
      value: () => {
        isAborted()
        throwIfAborted()
      },
      configurable: true,
    })
    this.signal = signal
  }

  /** Aborts the signal if the dispatcher has asked for it; whether it has. */
  look(): boolean {
    // Pairs with the store in ThreadLane.cancel().
    if (Atomics.load(this.#control, ControlWord.cancel) !== this.#mark) return false
    this.#controller.abort()
    return true
  }
}

/** What the cancel word says to cancel chunk `sequence`. */
export function cancelMark(sequence: number): number {
  return (sequence % SEQUENCE_MODULUS) + 1
}
