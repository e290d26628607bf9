import type { Doorbell } from '../../shm/doorbell.ts'

/** How long the loop looks for an answer before it sleeps: some times what a rank needs that is woken, reads and answers. */
const POLL_MS = 0.06
/** After a look that was in vain there is none for this long, doubled each time up to the most. */
const LEAST_PAUSE_MS = 0.1
const MOST_PAUSE_MS = 50

export interface PumpLoopOptions {
  readonly bell: Doorbell
  /** One round over everything; whether anything moved. */
  readonly pump: () => boolean
  /** Whether a round would move anything; asked before sleeping. */
  readonly hasWork: () => boolean
  /** There is a core for it. */
  readonly mayPoll: boolean
  /** Lets another thread have the core that waits for it. */
  readonly giveTurn: () => void
}

/**
 * Runs rounds from the event loop as long as anything moves, and sleeps at the doorbell otherwise. A wake-up at the bell takes its waker and
 * the event loop some 20 µs, so after a rank has got something the loop may look for its answer without sleeping for a short time. Where
 * answers do not come in time, because ranks compute or other programs want the core, it soon leaves off.
 *
 * Before it sleeps, and in that time, it gives its turn away: a rank that was interrupted by the wake-up in the middle of a stream of small messages
 * writes the next ones then, instead of waking the loop for each.
 */
export class PumpLoop {
  readonly #options: PumpLoopOptions
  #isRunning = false
  /** setImmediate will call #step. */
  #isScheduled = false
  /** sleepAsync() of the bell is pending; it may be while the loop runs all the same. */
  #isAtBell = false
  /** When to give up looking for an answer; 0: nobody looks. */
  #pollUntil = 0
  #pauseUntil = 0
  #pauseMs = LEAST_PAUSE_MS
  /** Something has moved since the last turn was given. */
  #hasMoved = false

  constructor(options: PumpLoopOptions) {
    this.#options = options
  }

  start(): void {
    this.#isRunning = true
    this.#step()
  }

  stop(): void {
    this.#isRunning = false
    this.#options.bell.nudge()
  }

  /** Runs a round now: something outside has changed. */
  round(): void {
    if (!this.#isRunning) return
    if (!this.#options.pump()) return
    this.#hasMoved = true
    if (!this.#isScheduled) this.#schedule()
  }

  /** A rank has got something and may answer soon. */
  expectAnswer(): void {
    if (!this.#options.mayPoll || !this.#isRunning || this.#pollUntil > 0) return
    const now = performance.now()
    if (now < this.#pauseUntil) return
    this.#pollUntil = now + POLL_MS
    if (this.#isScheduled) return
    // Ranks need not ring: the loop sees what they write.
    this.#options.bell.stayAwake()
    this.#schedule()
  }

  #schedule(): void {
    this.#isScheduled = true
    setImmediate(this.#step)
  }

  readonly #step = (): void => {
    this.#isScheduled = false
    if (!this.#isRunning) return
    if (this.#options.pump()) {
      if (this.#pollUntil > 0) this.#endPoll(true)
      this.#hasMoved = true
      // Between two rounds the event loop turns, so that sockets and timers have their share.
      this.#schedule()
    } else if (this.#hasMoved || this.#pollUntil > performance.now()) {
      this.#hasMoved = false
      this.#giveTurn()
    } else {
      if (this.#pollUntil > 0) this.#endPoll(false)
      this.#sleep()
    }
  }

  #giveTurn(): void {
    const { bell, giveTurn } = this.#options
    // Ranks need not ring: the loop looks again before it sleeps.
    bell.stayAwake()
    giveTurn()
    this.#schedule()
  }

  #endPoll(hasAnswer: boolean): void {
    this.#pollUntil = 0
    if (hasAnswer) this.#pauseMs = Math.max(LEAST_PAUSE_MS, this.#pauseMs / 2)
    else {
      this.#pauseUntil = performance.now() + this.#pauseMs
      this.#pauseMs = Math.min(MOST_PAUSE_MS, this.#pauseMs * 2)
    }
  }

  #sleep(): void {
    const { bell, hasWork } = this.#options
    const seen = bell.prepare()
    if (hasWork()) {
      bell.stayAwake()
      this.#schedule()
    } else if (!this.#isAtBell) {
      this.#isAtBell = true
      void bell.sleepAsync(seen).then(this.#rung)
    }
  }

  readonly #rung = (): void => {
    this.#isAtBell = false
    if (!this.#isScheduled) this.#step()
  }
}
