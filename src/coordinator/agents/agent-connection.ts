import type { PlacedNode } from '../../placement/placement.ts'
import type { ControlLink } from '../../transport/control-link.ts'
import type { FromAgent, ToAgent } from '../../wire/control-messages.ts'

/** An agent that is being started or runs, wherever it is. */
export interface AgentConnection {
  /** Rejects with a message for the user that names the node. */
  readonly connected: Promise<ControlLink<ToAgent, FromAgent>>
  /** What started the agent ended before its time (ssh died): resolves with a sentence for the user; may never resolve. */
  readonly launcherEnded: Promise<string>
  kill(): void
}

/** Starts the agent of a node. */
export type ConnectAgent = (node: PlacedNode) => AgentConnection
