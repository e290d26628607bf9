import { deferred } from '../base/deferred.ts'
import { ExitStatus, MpirunError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { afterOwnTime } from '../base/own-time.ts'
import type { Channel } from '../transport/channel.ts'
import type { LaunchedAgent, Launcher, LaunchTarget } from './launcher.ts'
import { planTree } from './tree-plan.ts'
import { Trunk } from './trunk.ts'

export interface TreeLauncherOptions {
  /** Starts one agent from here. */
  readonly launcher: Launcher
  /** All nodes that are to be started. */
  readonly targets: readonly LaunchTarget[]
  /** How many agents this machine and each agent start at most. */
  readonly fanout: number
  /** Is told which node starts which (job-keys.ts). */
  readonly parents: Map<number, number>
  readonly launchTimeoutMs: number
  /** A sentence for the user: this machine starts agents that others should have started. */
  readonly onNotice: (notice: string) => void
  readonly logger: Logger
}

/**
 * Starts agents as a tree: some from here, which start the others (branch.ts) and carry their control channels (trunk.ts). What cannot be started from
 * another node is started from here.
 */
export class TreeLauncher implements Launcher {
  readonly #options: TreeLauncherOptions
  readonly #agents = new Map<number, TreeAgent>()
  /** As planned, each with what is below it. */
  readonly #planned = new Map<number, LaunchTarget>()
  readonly #stopClock: () => void
  #isTimeUp = false
  #hasSaid = false

  constructor(options: TreeLauncherOptions) {
    this.#options = options
    for (const target of planTree(options.targets, options.fanout)) this.#plan(target, undefined)
    this.#stopClock = afterOwnTime(options.launchTimeoutMs, () => this.#timeUp(), true)
  }

  #plan(target: LaunchTarget, parent: number | undefined): void {
    this.#planned.set(target.nodeId, target)
    if (parent !== undefined) this.#options.parents.set(target.nodeId, parent)
    for (const child of target.below ?? []) this.#plan(child, target.nodeId)
  }

  launch(target: LaunchTarget): LaunchedAgent {
    const agent = new TreeAgent(target)
    this.#agents.set(target.nodeId, agent)
    if (!this.#options.parents.has(target.nodeId)) this.#startFromHere(target.nodeId)
    return agent
  }

  accept(channel: Channel, nodeId: number): boolean {
    return this.#options.launcher.accept(channel, nodeId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopClock()
    this.#isTimeUp = true
    for (const agent of this.#agents.values()) agent.kill()
    await this.#options.launcher[Symbol.asyncDispose]()
  }

  #startFromHere(nodeId: number): void {
    const target = this.#planned.get(nodeId)
    const agent = this.#agents.get(nodeId)
    if (target === undefined || agent === undefined) return
    this.#options.parents.delete(nodeId)
    const launched = this.#options.launcher.launch(target)
    agent.startedBy(launched)
    launched.connected.then(
      (channel) => agent.isUp((target.below ?? []).length === 0 ? channel : this.#trunk(target, channel)),
      (error: unknown) => {
        agent.fail(error)
        // The others are started all the same, so that the user hears of all that does not work.
        for (const child of target.below ?? []) this.#startInstead(child.nodeId)
      },
    )
    void launched.launcherEnded.then((sentence) => agent.launcherHasEnded(sentence))
  }

  #trunk(target: LaunchTarget, channel: Channel): Channel {
    return new Trunk(target, channel, {
      onUp: (nodeId, carried) => this.#agents.get(nodeId)?.isUp(carried),
      onFailed: (nodeId, message) => this.#failedThere(nodeId, message),
      onEnded: (nodeId, sentence) => this.#agents.get(nodeId)?.launcherHasEnded(sentence),
    }).root
  }

  #failedThere(nodeId: number, message: string): void {
    const { logger, onNotice, parents } = this.#options
    const node = this.#nameOf(nodeId)
    const parent = this.#nameOf(parents.get(nodeId))
    logger.info({ node, parent, message }, 'an agent could not be started from another node')
    if (!this.#hasSaid)
      onNotice(
        `Node ${parent} could not start the agent of node ${node}, so it is started from here, and so are others like it; --no-tree starts all from here at once. (${message})`,
      )
    this.#hasSaid = true
    this.#startInstead(nodeId)
  }

  #startInstead(nodeId: number): void {
    if (this.#isTimeUp) return
    try {
      this.#startFromHere(nodeId)
    } catch (error) {
      // A name that cannot be given to ssh.
      this.#agents.get(nodeId)?.fail(error)
    }
  }

  #timeUp(): void {
    this.#isTimeUp = true
    const seconds = this.#options.launchTimeoutMs / 1000
    for (const [nodeId, parent] of this.#options.parents) {
      const agent = this.#agents.get(nodeId)
      // Where the other one is not up itself, that is what the user hears of.
      if (agent?.isWaiting !== true || this.#agents.get(parent)?.isWaiting !== false) continue
      agent.fail(
        launchError(
          `Cannot start the agent on node "${agent.target.name}": node "${this.#nameOf(parent)}", which starts it, has not done so within ${seconds} s. ` +
            'Give the start more time with --launch-timeout S, or start all agents from here with --no-tree.',
        ),
      )
    }
  }

  #nameOf(nodeId: number | undefined): string {
    return this.#planned.get(nodeId ?? -1)?.name ?? '?'
  }
}

/** An agent of a tree, whoever starts it. */
class TreeAgent implements LaunchedAgent {
  readonly target: LaunchTarget
  readonly #connected = deferred<Channel>()
  readonly #launcherEnded = deferred<string>()
  readonly connected: Promise<Channel> = this.#connected.promise
  readonly launcherEnded: Promise<string> = this.#launcherEnded.promise
  #launched: LaunchedAgent | undefined
  /** It is not up and has not failed. */
  isWaiting = true

  constructor(target: LaunchTarget) {
    this.target = target
  }

  startedBy(launched: LaunchedAgent): void {
    this.#launched = launched
  }

  isUp(channel: Channel): void {
    if (!this.isWaiting) channel.destroy()
    this.isWaiting = false
    this.#connected.resolve(channel)
  }

  fail(error: unknown): void {
    this.isWaiting = false
    this.#connected.reject(error)
  }

  launcherHasEnded(sentence: string): void {
    if (!this.isWaiting) this.#launcherEnded.resolve(sentence)
  }

  kill(): void {
    if (this.#launched !== undefined) this.#launched.kill()
    else if (this.isWaiting)
      this.fail(launchError(`The agent on node "${this.target.name}" was not started: the job ended before`))
  }
}

function launchError(message: string): MpirunError {
  return new MpirunError('ERR_LAUNCH', message, { exitStatus: ExitStatus.nodeLost })
}
