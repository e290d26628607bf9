import type { Channel } from '../transport/channel.ts'
import { LaunchFailure } from './launch-failure.ts'
import type { LaunchedAgent, Launcher, LaunchTarget } from './launcher.ts'

export interface FallbackOptions {
  readonly first: Launcher
  /** Made when the first one has failed for the first time. */
  readonly second: () => Launcher
  /** The second one is tried: called once, with what went wrong with the first. */
  readonly onSecond: (failure: LaunchFailure) => void
}

/** Where the first launcher cannot start an agent, the second one does. */
export class FallbackLauncher implements Launcher {
  readonly #options: FallbackOptions
  #second: Launcher | undefined

  constructor(options: FallbackOptions) {
    this.#options = options
  }

  launch(target: LaunchTarget): LaunchedAgent {
    const first = this.#options.first.launch(target)
    let current = first
    let isKilled = false
    const connected = first.connected.catch((thrown: unknown) => {
      if (isKilled || !(thrown instanceof LaunchFailure) || thrown.isFinal) throw thrown
      current = this.#startSecond(thrown).launch(target)
      return current.connected
    })
    // What the first one says at its end counts only if it has brought the agent.
    const launcherEnded = connected.then(
      () => current.launcherEnded,
      () => current.launcherEnded,
    )
    const kill = (): void => {
      isKilled = true
      current.kill()
    }
    return { target, connected, launcherEnded, kill }
  }

  accept(channel: Channel, nodeId: number): boolean {
    return this.#options.first.accept(channel, nodeId) || this.#second?.accept(channel, nodeId) === true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#options.first[Symbol.asyncDispose](), this.#second?.[Symbol.asyncDispose]()])
  }

  #startSecond(failure: LaunchFailure): Launcher {
    if (this.#second === undefined) {
      this.#options.onSecond(failure)
      this.#second = this.#options.second()
    }
    return this.#second
  }
}
