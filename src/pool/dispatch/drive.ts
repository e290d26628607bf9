import { availableParallelism } from 'node:os'
import type { Dispatcher } from './dispatcher.ts'
import { signalWatch } from '../calls/signal-watch.ts'
import { Spin } from './spin.ts'

/** A sleeping program looks at its threads this often: one may have ended without a word. */
const INSPECT_MS = 50
/** Until chunks are taken from a busy thread for one that idles. */
const UNEVEN_MS = 1
/** A program that is too busy to sleep looks for signals every so many rounds. */
const ROUNDS_PER_LOOK = 16

/** Moves a dispatcher on: blocks the thread for the plain calls, runs in the event loop for the awaitable ones; both at once too. */
export class Driver {
  readonly #dispatcher: Dispatcher
  readonly #cores = availableParallelism()
  readonly #spin = new Spin(true)
  readonly #turnSpin = new Spin(true)
  #isLooping = false
  #holds = 0
  #keepAlive: NodeJS.Timeout | undefined

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher
  }

  /** Blocks the thread until `isDone`. Runs the program's handlers of signals meanwhile, and throws what they throw. */
  block(isDone: () => boolean): void {
    const dispatcher = this.#dispatcher
    dispatcher.checkMayBlock()
    signalWatch.begin()
    let inspectedAt = performance.now()
    let busyRounds = 0
    try {
      while (!isDone()) {
        if (dispatcher.progress() || isDone() || this.#look()) {
          busyRounds += 1
          if (busyRounds % ROUNDS_PER_LOOK === 0) signalWatch.look(performance.now())
          continue
        }
        const seen = dispatcher.bell.prepare()
        if (dispatcher.hasNews) dispatcher.bell.awake()
        else dispatcher.bell.sleep(seen, this.#sleepMs())
        const now = performance.now()
        signalWatch.look(now)
        if (now - inspectedAt < Math.min(INSPECT_MS, dispatcher.lanes.killInMs)) continue
        inspectedAt = now
        dispatcher.inspect()
      }
    } finally {
      // The loop below sleeps on the same bell, which knows only one sleeper.
      if (this.#isLooping) dispatcher.bell.nudge()
      else this.run()
    }
  }

  /** For a consumer that finds results without blocking, so that the event loop does not turn either. */
  lookForSignals(): void {
    signalWatch.look(performance.now())
  }

  /** Starts the loop where it is not running and something is to be done, or to be heard of threads that are about to end. */
  run(): void {
    if (this.#isLooping || !this.#dispatcher.isMoving) return
    this.#isLooping = true
    void this.#loop()
  }

  /** Keeps the event loop alive until release(). */
  hold(): void {
    this.#holds += 1
    this.#keepAlive ??= setInterval(() => undefined, 2 ** 30)
  }

  release(): void {
    this.#holds -= 1
    if (this.#holds > 0) return
    clearInterval(this.#keepAlive)
    this.#keepAlive = undefined
  }

  async #loop(): Promise<void> {
    const dispatcher = this.#dispatcher
    while (dispatcher.isMoving) {
      // Between two moves the event loop turns, so that nobody starves beside a stream of results.
      if (dispatcher.progress()) await turn()
      else if (!(await this.#lookInTurns())) await this.#sleep()
    }
    this.#isLooping = false
  }

  async #sleep(): Promise<void> {
    const { bell } = this.#dispatcher
    const ms = this.#sleepMs()
    const seen = bell.prepare()
    if (this.#dispatcher.hasNews) {
      bell.awake()
      return turn()
    }
    const alarm = setTimeout(() => {
      this.#dispatcher.inspect()
      bell.nudge()
    }, ms)
    // Alone it must not keep a program alive that waits for nothing.
    if (this.#holds === 0) alarm.unref()
    await bell.sleepAsync(seen)
    clearTimeout(alarm)
  }

  #sleepMs(): number {
    const dispatcher = this.#dispatcher
    if (dispatcher.lanes.isUneven) return UNEVEN_MS
    return Math.max(0, Math.min(INSPECT_MS, dispatcher.lanes.killInMs))
  }

  /** Whether there is news after a short look, where a core is free for looking. */
  #look(): boolean {
    const dispatcher = this.#dispatcher
    return dispatcher.lanes.busyCount < this.#cores && this.#spin.spin(() => dispatcher.hasNews)
  }

  /** The same between turns of the event loop. */
  async #lookInTurns(): Promise<boolean> {
    const ms = this.#turnSpin.next()
    if (ms === 0) return false
    const until = performance.now() + ms
    do {
      await turn()
      if (!this.#dispatcher.hasNews) continue
      this.#turnSpin.looked(true)
      return true
    } while (performance.now() < until)
    this.#turnSpin.looked(false)
    return false
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
