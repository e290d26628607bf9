import type { Watch } from '../../mpi/link/link.ts'
import type { Turns } from '../../shm/turns.ts'

/** How long a waiting rank spins before it sleeps, when there is a core for each rank: about the time of a sleep and a wake-up. */
const SPIN_MS = 0.05
/** And at most, while its waits turn out to be no longer: to be woken would make each of them longer by a tenth. */
const LONGEST_SPIN_MS = 0.5
/** How often a waiting rank looks before it looks at the clock, which takes as long as a few looks. */
const LOOKS_BEFORE_CLOCK = 100

/** What a waiting rank does before it sleeps: it spins where it has a core of its own, and otherwise leaves its core to others for a while. */
export class Looking {
  readonly #turns: Turns
  /** How long to spin; 0: never. */
  #spinMs: number
  #begin = 0

  constructor(maySpin: boolean, turns: Turns) {
    this.#turns = turns
    this.#spinMs = maySpin ? SPIN_MS : 0
  }

  /** Whether what is looked at has come; otherwise the rank is to sleep. */
  until(news: Watch, limitMs: number): boolean {
    if (this.#spinMs === 0) return this.#turns.giveUntil(news)
    for (let i = 0; i < LOOKS_BEFORE_CLOCK; i++) if (news.hasCome()) return true
    this.#begin = performance.now()
    const until = this.#begin + Math.min(this.#spinMs, limitMs)
    do {
      for (let i = 0; i < 50; i++) if (news.hasCome()) return true
    } while (performance.now() < until)
    return false
  }

  /**
   * The rank has slept after a look in vain. One whose waits are short enough spins through the next ones; the first long one ends that.
   */
  slept(): void {
    if (this.#spinMs === 0) return
    const waitedMs = performance.now() - this.#begin
    const isShort = waitedMs < LONGEST_SPIN_MS
    this.#spinMs = isShort ? Math.min(LONGEST_SPIN_MS, Math.max(this.#spinMs, 2 * waitedMs)) : SPIN_MS
  }
}
