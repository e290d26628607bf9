import type { Channel } from '../transport/channel.ts'

/** One node on which an agent shall run. */
export interface LaunchTarget {
  readonly nodeId: number
  /** As written in the hostfile; what the user sees in messages. */
  readonly name: string
  readonly user?: string
  readonly port?: number
  /** It is this machine: its agent is a child of this process, without a login. */
  readonly isHere?: boolean
}

/**
 * An agent that is being started or runs. `connected` resolves when its channel has passed the handshake and rejects with an
 * MpirunError (exitStatus 3) that names the node and says why it could not be started.
 */
export interface LaunchedAgent {
  readonly target: LaunchTarget
  readonly connected: Promise<Channel>
  /** The process that started the agent ended (ssh died): resolves with a sentence for the user. Never rejects. */
  readonly launcherEnded: Promise<string>
  /** Ends the starting process; the agent ends by itself when its channel closes. */
  kill(): void
}

/** How an agent gets onto a node. */
export interface Launcher {
  launch(target: LaunchTarget): LaunchedAgent
  [Symbol.asyncDispose](): Promise<void>
}
