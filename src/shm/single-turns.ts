import { Backoff } from './backoff.ts'
import type { CoreYield } from './core-yield.ts'
import { LONG_MS } from './turns.ts'

/**
 * Turns that a thread gives to others one at a time, where it has nothing to do but may have soon: what they write meanwhile needs no wake-up, and
 * a thread that waits for the processor gets it. Seldom where others compute and keep it for long: who sleeps then gets it back sooner.
 */
export class SingleTurns {
  readonly #load: () => CoreYield | null
  readonly #now: () => number
  readonly #backoff = new Backoff()
  /** Not asked for yet: undefined; there is none: null. */
  #coreYield: CoreYield | null | undefined

  /** `now`: a clock, ms. */
  constructor(load: () => CoreYield | null, now: () => number = () => performance.now()) {
    this.#load = load
    this.#now = now
  }

  /** Gives one turn, or none while that is no good. */
  give(): void {
    if (this.#coreYield === undefined) this.#coreYield = this.#load()
    if (this.#coreYield === null || !this.#backoff.mayTry()) return
    const before = this.#now()
    this.#coreYield()
    if (this.#now() - before > LONG_MS) this.#backoff.bad()
    else this.#backoff.good()
  }
}
