/** How long a look may take, ms: twice the time of a sleep and a wake-up, so that it pays also when both sides have just slept. */
const LONGEST_MS = 0.1
/** Looks in vain, one after the other, that make it stop. */
const PATIENCE = 3
/** After looks in vain every so many waits one is tried again; twice as many after each that is in vain, too, up to the limit. */
const FIRST_RETRY = 16
const LAST_RETRY = 512

/**
 * Decides how long to look for news before going to sleep. Where looking finds nothing, because the other side takes longer or because others
 * want the processors, it costs more than it gains: then it is left out, and tried again now and then.
 */
export class Spin {
  #inVain = 0
  #skipped = 0
  #retryEvery = FIRST_RETRY
  readonly #isAllowed: boolean

  constructor(isAllowed: boolean) {
    this.#isAllowed = isAllowed
  }

  /** ms to look this time; tell it by looked() what came of it. */
  next(): number {
    if (!this.#isAllowed) return 0
    if (this.#inVain < PATIENCE) return LONGEST_MS
    this.#skipped += 1
    if (this.#skipped < this.#retryEvery) return 0
    this.#skipped = 0
    return LONGEST_MS
  }

  /** Whether a look of more than 0 ms has found something. */
  looked(hasFound: boolean): void {
    if (!hasFound && this.#inVain >= PATIENCE) this.#retryEvery = Math.min(LAST_RETRY, 2 * this.#retryEvery)
    if (hasFound) this.#retryEvery = FIRST_RETRY
    this.#inVain = hasFound ? 0 : this.#inVain + 1
  }

  /** Looks; whether there was news. */
  spin(hasNews: () => boolean): boolean {
    if (hasNews()) return true
    const ms = this.next()
    if (ms === 0) return false
    const until = performance.now() + ms
    do {
      for (let i = 0; i < 20; i += 1) {
        if (!hasNews()) continue
        this.looked(true)
        return true
      }
    } while (performance.now() < until)
    this.looked(false)
    return false
  }
}
