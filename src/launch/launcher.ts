import type { NodeBelow } from '../agent/agent-config.ts'
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
  /** Nodes whose agents this one starts in its turn (tree-plan.ts). */
  readonly below?: readonly NodeBelow[]
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

/**
 * How agents get onto nodes. One launcher serves a whole job; its time for the start (launchTimeoutMs) begins when it is made. There is
 * one for programs that start one agent each (program-launcher.ts: ssh, pbs_tmrsh, qrsh, blaunch, a command), one for a step of Slurm with all of
 * them (step-launcher.ts), and one that tries another one where the first fails (fallback-launcher.ts).
 */
export interface Launcher {
  /** @throws MpirunError ERR_USAGE for a name that cannot be given to the launching program. */
  launch(target: LaunchTarget): LaunchedAgent
  /** Offers the channel 'control:<nodeId>'. False: no agent of this launcher is awaited on that node. */
  accept(channel: Channel, nodeId: number): boolean
  [Symbol.asyncDispose](): Promise<void>
}
