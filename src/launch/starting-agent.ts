import { type Deferred, deferred } from '../base/deferred.ts'
import type { Channel } from '../transport/channel.ts'
import type { LaunchedAgent, LaunchTarget } from './launcher.ts'

/** An agent on its way, whatever starts it: it calls back, or fails, once. */
export abstract class StartingAgent implements LaunchedAgent {
  readonly target: LaunchTarget
  readonly connected: Promise<Channel>
  readonly launcherEnded: Promise<string>
  /** The agent is up or has failed; never rejects. */
  readonly settled: Promise<void>
  readonly #connected: Deferred<Channel> = deferred()
  readonly #launcherEnded: Deferred<string> = deferred()
  #isSettled = false

  constructor(target: LaunchTarget) {
    this.target = target
    this.connected = this.#connected.promise
    this.launcherEnded = this.#launcherEnded.promise
    this.settled = this.connected.then(
      () => undefined,
      () => undefined,
    )
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  abstract kill(): void

  /** False: nobody waits for this agent any more. */
  hasCalledBack(channel: Channel): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.#connected.resolve(channel)
    return true
  }

  /** The first failure counts, and none after it has called back. `makeError` is called where it counts. */
  fail(makeError: () => unknown): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#connected.reject(makeError())
  }

  /** What has started it is over; the first sentence counts. */
  protected over(sentence: string): void {
    this.#launcherEnded.resolve(sentence)
  }
}
