import { MpirunError } from '../base/errors.ts'
import type { PlacedNode } from '../placement/placement.ts'
import type { ControlLink } from '../transport/control-link.ts'
import type { FromAgent, ToAgent } from '../wire/control-messages.ts'
import type { AgentConnection } from './agent-connection.ts'

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
  #link: ControlLink<ToAgent, FromAgent> | undefined

  constructor(node: PlacedNode, connection: AgentConnection, events: JobAgentEvents) {
    this.node = node
    this.#connection = connection
    connection.connected.then(
      (link) => {
        this.#link = link
        link.onMessage(events.onMessage)
        link.onQuiet(events.onQuiet)
        void link.closed.then(({ reason }) => events.onGone(reason))
        // Not before: where no agent came up, `connected` rejects with the reason, and the end of ssh adds nothing to it.
        void connection.launcherEnded.then(events.onGone)
      },
      (error: unknown) => events.onLaunchFailed(MpirunError.from(error).message),
    )
  }

  /** Nothing where it is not connected, or no longer. */
  send(message: ToAgent): void {
    this.#link?.send(message)
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
