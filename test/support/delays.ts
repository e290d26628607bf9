/*
 * Random delays for tests, to try more interleavings than a machine does by itself: before every call of the library, and before and after single
 * steps on shared memory. Nothing of the project knows of it: what is patched are the functions of this thread.
 */
import { Random } from './random.ts'

/** The variable that turns delays on in programs of test/programs; its value is the seed. */
export const DELAYS = 'MPIRUN_TS_TEST_DELAYS'

const ATOMICS = ['load', 'store', 'add', 'sub', 'exchange', 'compareExchange', 'notify', 'wait'] as const

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown

/** Pauses of a thread, at random: mostly none, some a few µs of spinning, few sleeps of a ms. */
export class Delays {
  private readonly random: Random
  private readonly sleeper = new Int32Array(new SharedArrayBuffer(4))
  private readonly wait: (words: Int32Array, index: number, value: number, timeout: number) => unknown = Atomics.wait

  constructor(seed: number) {
    this.random = new Random(seed)
  }

  /** One pause; `often`: how likely it is not nothing. */
  pause(often: number): void {
    const dice = this.random.next()
    if (dice >= often) return
    if (dice < often / 20) {
      // Nobody ever wakes it: a sleep.
      this.wait.call(Atomics, this.sleeper, 0, 0, 1 + this.random.below(2))
      return
    }
    const until = performance.now() + this.random.next() * 0.05
    while (performance.now() < until);
  }

  /** Puts pauses around steps on shared memory in this thread, such as the ring's and the doorbell's. */
  delayAtomics(): void {
    for (const name of ATOMICS) this.wrap(Atomics, name, 0.01)
  }

  /** Puts a pause before every method of `object`, those of its classes included. */
  delayMethods(object: object): void {
    for (let level = object; level !== Object.prototype && level !== null; level = Object.getPrototypeOf(level)) {
      for (const name of Object.getOwnPropertyNames(level)) if (name !== 'constructor') this.wrap(level, name, 0.3)
    }
  }

  private wrap(object: object, name: string, often: number): void {
    const property = Object.getOwnPropertyDescriptor(object, name)
    if (typeof property?.value !== 'function' || property.writable !== true || /^[A-Z]/.test(name)) return
    const call: AnyFunction = property.value
    const { pause } = { pause: () => this.pause(often) }
    Reflect.set(object, name, function (this: unknown, ...args: unknown[]) {
      pause()
      const result = call.apply(this, args)
      pause()
      return result
    })
  }
}
