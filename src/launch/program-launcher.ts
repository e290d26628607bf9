import { afterOwnTime } from '../base/own-time.ts'
import type { Channel } from '../transport/channel.ts'
import { removeExpiredFiles } from './agent-file.ts'
import type { LaunchedAgent, Launcher, LaunchTarget } from './launcher.ts'
import { ProgramAgent } from './program-agent.ts'
import type { ProgramLauncherOptions } from './program-launcher-options.ts'

const DEFAULT_MAX_STARTING = 32

/** Starts each agent with a program of its own; agents call back to the job's listener, whose control channels are handed to `accept`. */
export class ProgramLauncher implements Launcher {
  readonly #options: ProgramLauncherOptions
  readonly #waiting: ProgramAgent[] = []
  readonly #starting = new Map<number, ProgramAgent>()
  readonly #running = new Set<ProgramAgent>()
  readonly #stopClock: () => void

  constructor(options: ProgramLauncherOptions) {
    this.#options = options
    this.#stopClock = afterOwnTime(options.launchTimeoutMs, () => this.#timeUp(), true)
    if (options.means.type === 'pbs') removeExpiredFiles()
  }

  launch(target: LaunchTarget): LaunchedAgent {
    const agent = new ProgramAgent(target, this.#options)
    this.#waiting.push(agent)
    this.#startNext()
    return agent
  }

  accept(channel: Channel, nodeId: number): boolean {
    return this.#starting.get(nodeId)?.hasCalledBack(channel) === true
  }

  /** The time for the start is over, whether a node has had its turn or not. */
  #timeUp(): void {
    for (const agent of this.#waiting.splice(0)) agent.timeUp()
    for (const agent of this.#starting.values()) agent.timeUp()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopClock()
    for (const agent of this.#waiting.splice(0)) agent.kill()
    const running = [...this.#running]
    for (const agent of running) agent.kill()
    await Promise.all(running.map((agent) => agent.launcherEnded))
  }

  #startNext(): void {
    const { maxStarting = DEFAULT_MAX_STARTING } = this.#options
    while (this.#starting.size < maxStarting) {
      const agent = this.#waiting.shift()
      if (agent === undefined) return
      const { nodeId } = agent.target
      this.#starting.set(nodeId, agent)
      this.#running.add(agent)
      void agent.launcherEnded.then(() => this.#running.delete(agent))
      void agent.settled.then(() => {
        this.#starting.delete(nodeId)
        this.#startNext()
      })
      agent.start()
    }
  }
}
