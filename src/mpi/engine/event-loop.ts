import type { Link } from '../link/link.ts'

/** What the event loop drives. */
export interface Driven {
  progress(): boolean
}

/** Checks in a row without a turn of the event loop, so that timers are served beside a stream of messages. */
const CHECKS_PER_TURN = 16

/**
 * Lets the event loop move messages while requests are awaited, and keeps it alive for them. Nothing is armed while the program runs:
 * a microtask at the end of the running code finds out whether it is needed.
 */
export class EventLoop {
  private readonly link: Link
  private readonly driven: Driven
  private held = 0
  private isArmed = false
  private isChecking = false
  private isTurning = false
  private checks = 0

  constructor(link: Link, driven: Driven) {
    this.link = link
    this.driven = driven
  }

  hold(): void {
    this.held += 1
    if (this.isArmed || this.isChecking) return
    this.isChecking = true
    queueMicrotask(this.check)
  }

  release(): void {
    this.held -= 1
    if (this.held > 0 || !this.isArmed) return
    this.isArmed = false
    this.link.cancelWake()
  }

  /** Moves messages again after the event loop has turned once. */
  turnSoon(): void {
    if (this.isTurning) return
    this.isTurning = true
    setImmediate(this.turn)
  }

  private readonly check = (): void => {
    this.checks += 1
    if (this.held > 0) {
      if (this.checks <= CHECKS_PER_TURN) this.driven.progress()
      // Not left out: the link tells of room once, and that may have been before anybody waited.
      else this.turnSoon()
    }
    this.isChecking = false
    this.arm()
  }

  private readonly wake = (): void => {
    this.isArmed = false
    this.checks = 0
    this.driven.progress()
    this.arm()
  }

  private readonly turn = (): void => {
    this.isTurning = false
    this.driven.progress()
  }

  private arm(): void {
    if (this.isArmed || this.held === 0) return
    this.isArmed = true
    this.link.wakeOnce(this.wake)
  }
}
