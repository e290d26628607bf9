/** Trials, one after the other, that were no good, before there are none for a while. */
const PATIENCE = 4
/** How many occasions that is at first; twice as many each time, until as many trials as the first number have been good. */
const FIRST_REST = 64
const LAST_REST = 1024

/** Something that is tried at each occasion while it is good, and more and more seldom while it is not. */
export class Backoff {
  #bad = 0
  #good = 0
  #rest = 0
  #nextRest = FIRST_REST

  /** Asked once for each occasion: whether to try; then good() or bad() tells how it went, or neither where nothing can be said. */
  mayTry(): boolean {
    if (this.#rest === 0) return true
    this.#rest -= 1
    return false
  }

  good(): void {
    this.#bad = 0
    this.#good += 1
    if (this.#good >= FIRST_REST) this.#nextRest = FIRST_REST
  }

  bad(): void {
    this.#good = 0
    this.#bad += 1
    if (this.#bad < PATIENCE) return
    this.#rest = this.#nextRest
    this.#nextRest = Math.min(LAST_REST, 2 * this.#nextRest)
    // The next one decides whether it is any better then.
    this.#bad = PATIENCE - 1
  }
}
