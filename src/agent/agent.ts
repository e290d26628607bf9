import { MpirunError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Channel } from '../transport/channel.ts'
import type { ControlLink } from '../transport/control-link.ts'
import type { FromAgent, PeerAddress, StartAgents, ToAgent } from '../wire/control-messages.ts'
import type { RankProgram } from '../wire/rank-messages.ts'
import type { Family } from './family.ts'
import { ownStart } from './own-start.ts'
import { RunningJob } from './running-job.ts'
import { roomFor } from './ranks/limits.ts'
import { type Problem, whyNotStart } from './ranks/why-not-start.ts'

export interface AgentOptions {
  readonly nodeId: number
  readonly link: ControlLink<FromAgent, ToAgent>
  readonly rankProgram: RankProgram
  readonly hostname: string
  /** What was there before the ranks. */
  readonly family: Family
  /** Opens a data channel to a peer. `askToRelay`: asks the peer to come to the coordinator, as relay() does. */
  readonly dial: (peer: PeerAddress, askToRelay: () => void) => Promise<Channel>
  /** Opens a data channel that the coordinator joins with one of the peer's; absent where there is no tunnel. */
  readonly relay?: ((nodeId: number) => Promise<Channel>) | undefined
  /** Calls `receive` for each of these signals that reaches this process; absent in the coordinator's, which tells all agents of them. */
  readonly onSignals?: (names: readonly NodeJS.Signals[], receive: (name: NodeJS.Signals) => void) => void
  readonly logger: Logger
}

/**
 * One node of a job: hosts the rank threads, routes their messages, forwards their output and ends them. The same class runs in
 * the coordinator's process for its own node and in a process of its own, started over ssh, on every other.
 */
export class Agent {
  readonly #options: AgentOptions
  readonly #link: ControlLink<FromAgent, ToAgent>
  /** Channels of agents that were told to start before this one. */
  readonly #earlyPeers = new Map<number, Channel>()
  #running: RunningJob | undefined
  #ended: Promise<void> | undefined

  constructor(options: AgentOptions) {
    this.#options = options
    this.#link = options.link
    this.#link.onMessage((message) => this.#receive(message))
  }

  /** A data channel that another node's agent has dialled. */
  acceptPeer(nodeId: number, channel: Channel): void {
    if (this.#running !== undefined) this.#running.peers.accept(nodeId, channel)
    else if (this.#ended !== undefined) channel.destroy()
    else this.#earlyPeers.set(nodeId, channel)
  }

  #receive(message: ToAgent): void {
    if (message.type === 'start') this.#start(message)
    else if (message.type === 'end') void this.end()
    else this.#running?.receive(message)
  }

  #start(message: StartAgents): void {
    const { nodeId, hostname, family, rankProgram, dial, relay } = this.#options
    const start = ownStart(message, nodeId)
    const problem = whyNotStart(start)
    const room = problem ?? roomFor(start)
    if ('message' in room) {
      this.#fail(room)
      return
    }
    try {
      this.#running = new RunningJob(start, {
        hostname,
        family,
        rankProgram,
        dial,
        room,
        relay,
        send: (message) => this.#link.send(message),
        onTimeUp: () => void this.end(),
      })
      this.#running.run(this.#earlyPeers)
    } catch (error) {
      this.#fail(MpirunError.from(error))
      return
    }
    this.#options.onSignals?.(start.forwardSignals, (name) => this.#running?.raise(name))
    this.#earlyPeers.clear()
  }

  #fail({ message, exitStatus }: Problem): void {
    this.#link.send({ type: 'agentFailure', message, exitStatus })
  }

  /** Ends all ranks at once and says goodbye. */
  end(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<void> {
    for (const channel of this.#earlyPeers.values()) channel.destroy()
    await this.#running?.end()
    this.#link.send({ type: 'bye' })
  }
}
