import { Backoff } from './backoff.ts'
import type { CoreYield } from './core-yield.ts'

/** Something that a thread waits for; looking at it never blocks. */
interface Awaited {
  hasCome(): boolean
}

/** Turns that a wait gives to others before it sleeps: less than 0.2 ms of processor time, more while others use it. */
const MOST_TURNS = 200
/** And of a rank alone on its node, less than 0.5 ms: so long takes a window of small messages to another node, with the answer. */
export const MOST_TURNS_ALONE = 500
/** A thread that has had the processor so long, ms, computes: another that sleeps gets it sooner than one that asks for its turn again. */
export const LONG_MS = 1
/** Waits that come before a thread gets the call that gives its turn away: a program that ends soon does without. */
const WAITS_BEFORE = 8

/**
 * Waits of a thread that shares its processor with others that it waits for: it gives its turn to them again and again, which takes a tenth of the
 * time of a sleep and a wake-up, and sleeps when that is no good: where others compute, or nothing comes for long.
 */
export class Turns {
  readonly #load: () => CoreYield | null
  readonly #now: () => number
  readonly #most: number
  /** Not asked for yet: undefined; there is none: null. */
  #coreYield: CoreYield | null | undefined
  #waits = 0
  #given = 0
  #before = 0
  #wasLong = false
  /** Turns are no good where they were long or nothing came: then the thread sleeps at once. */
  readonly #backoff = new Backoff()

  /** `most`: turns of a wait; `now`: a clock, ms. */
  constructor(load: () => CoreYield | null, most: number = MOST_TURNS, now: () => number = () => performance.now()) {
    this.#load = load
    this.#most = most
    this.#now = now
  }

  /** Gives turns away until what is waited for has come; false: it has not, and the thread had better sleep. */
  giveUntil(awaited: Awaited): boolean {
    if (!this.#mayBegin()) return false
    do {
      if (!awaited.hasCome()) continue
      this.#end(true)
      return true
    } while (this.#give())
    this.#end(false)
    return false
  }

  #mayBegin(): boolean {
    if (this.#coreYield === null) return false
    if (this.#coreYield === undefined) {
      this.#waits += 1
      if (this.#waits <= WAITS_BEFORE) return false
      this.#coreYield = this.#load()
      if (this.#coreYield === null) return false
    }
    if (!this.#backoff.mayTry()) return false
    this.#given = 0
    this.#wasLong = false
    this.#before = this.#now()
    return true
  }

  /** One turn; false: that was enough. What is waited for is looked at once more after a long turn. */
  #give(): boolean {
    if (this.#wasLong || this.#given === this.#most) return false
    this.#given += 1
    this.#coreYield?.()
    const now = this.#now()
    this.#wasLong = now - this.#before > LONG_MS
    this.#before = now
    return true
  }

  #end(hasCome: boolean): void {
    // It had come already.
    if (this.#given === 0) return
    if (hasCome && !this.#wasLong) this.#backoff.good()
    else this.#backoff.bad()
  }
}
