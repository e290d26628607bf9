import { MpirunError } from '../../base/errors.ts'
import type { PlacedNode } from '../../placement/placement.ts'
import type { ControlLink } from '../../transport/control-link.ts'
import type { FromAgent, ToAgent } from '../../wire/control-messages.ts'
import type { AgentConnection } from './agent-connection.ts'
import { AgentConduct } from './agent-conduct.ts'

/** Nobody who reads leaves so much of what it is sent. */
const MOST_UNREAD_BYTES = 64 * 1024 * 1024

/** What becomes of an agent, as its job hears it. */
export interface JobAgentEvents {
  readonly onMessage: (message: FromAgent) => void
  /** It never came up. */
  readonly onLaunchFailed: (message: string) => void
  /** It has said nothing for a while although its machine answers; or (false) it says something again. */
  readonly onQuiet: (isQuiet: boolean) => void
  /** It is no more; may be called several times. */
  readonly onGone: (message: string) => void
}

/** The agent of one node, from the job's side. */
export class JobAgent {
  readonly node: PlacedNode
  /** Once it has introduced itself. */
  hello: Extract<FromAgent, { type: 'hello' }> | undefined
  readonly #connection: AgentConnection
  readonly #conduct: AgentConduct
  readonly #events: JobAgentEvents
  #link: ControlLink<ToAgent, FromAgent> | undefined

  constructor(node: PlacedNode, connection: AgentConnection, events: JobAgentEvents) {
    this.node = node
    this.#connection = connection
    this.#conduct = new AgentConduct(node)
    this.#events = events
    connection.connected.then(
      (link) => {
        this.#link = link
        link.onMessage((message) => this.#take(message))
        link.onQuiet(events.onQuiet)
        void link.closed.then(({ reason }) => events.onGone(reason))
        // Not before: where no agent came up, `connected` rejects with the reason, and the end of ssh adds nothing to it.
        void connection.launcherEnded.then(events.onGone)
      },
      (error: unknown) => events.onLaunchFailed(MpirunError.from(error).message),
    )
  }

  /** The time for the start is over: who has connected and not said hello is not waited for any more. */
  launchTimeUp(seconds: number): void {
    if (this.#link === undefined || this.hello !== undefined) return
    this.#events.onLaunchFailed(
      `Cannot start the agent on node "${this.node.name}": it has called back, but said nothing more within ${seconds} s. ` +
        'Give the start more time with --launch-timeout S, or let fewer nodes start at a time with --launch-concurrency N.',
    )
    this.drop()
    this.#link = undefined
  }

  /** Nothing where it is not connected, or no longer. */
  send(message: ToAgent): void {
    if (this.#link === undefined) return
    this.#heedAnswer(message)
    this.#link.send(message)
    if (this.#link.bufferedBytes > MOST_UNREAD_BYTES) this.#misbehaves('does not read what it is sent')
  }

  /** To all agents, from each of which this is called: those that are reached through others get it from them. */
  sendAsAll(message: ToAgent): void {
    const link = this.#link
    if (link?.isBelow === true) this.#heedAnswer(message)
    else if (link?.sendToAll === undefined) this.send(message)
    else {
      this.#heedAnswer(message)
      link.sendToAll(message)
    }
  }

  /** What an agent hears lets it say more. */
  #heedAnswer(message: ToAgent): void {
    const conduct = this.#conduct
    if (message.type === 'outputDone') conduct.written(message.rank, message.bytes)
    else if (message.type === 'stdin') conduct.answered(message.rank)
    else if (message.type === 'ruling' && message.ruling.type === 'agreed') conduct.settled(message.ruling)
    else if (message.type === 'start') conduct.started()
  }

  #take(message: FromAgent): void {
    const judgement = this.#conduct.judge(message)
    if (judgement === 'take') this.#events.onMessage(message)
    else if (judgement !== 'ignore') this.#misbehaves(`sent ${judgement.fault}`)
  }

  /** It is not believed any more. */
  #misbehaves(how: string): void {
    this.drop()
    this.#link = undefined
    this.#events.onGone(`node ${this.node.name} ${how}`)
  }

  /** Its node counts as lost: an agent that is still there ends when its channel does. */
  drop(): void {
    this.#link?.destroy()
    this.#connection.kill()
  }

  /** The job is over. */
  close(): void {
    this.#link?.close()
    this.#connection.kill()
  }
}
