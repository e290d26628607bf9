import type { PortRange } from '../base/port-range.ts'
import type { ChannelSecret } from '../transport/channel.ts'
import type { InterfaceChoice } from '../transport/endpoint.ts'

/** What a shipped agent needs to find its coordinator; it comes with its program text on ssh's stdin and nowhere else. */
export interface AgentConfig {
  readonly nodeId: number
  /** As the user wrote it. */
  readonly nodeName: string
  /** Its control channel's, which no other agent has. */
  readonly secret: ChannelSecret
  /** From which its other keys come (transport/job-keys.ts). */
  readonly nodeKey: string
  /** The job's key and certificate (PEM), for the agent's own data listener; absent with plain transport. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Where the coordinator listens. */
  readonly addresses: readonly string[]
  /** The user has chosen the network (--interface): the agent listens in it, and does not try the address that ssh came from. */
  readonly network?: InterfaceChoice
  /** Ports that the agent may listen on; absent: any. */
  readonly ports?: readonly PortRange[]
  /** Whether other agents dial this one. */
  readonly listens: boolean
  readonly port: number
  /**
   * The coordinator is reached through ssh (--tunnel), which encrypts: by this Unix socket on the node. Empty: it is on this machine, at the
   * addresses above.
   */
  readonly tunnelPath?: string
  /** How long somebody else's silence is waited for: the coordinator's, and later that of other agents. */
  readonly dialTimeoutMs: number
  /** The agents that this one starts; absent: none. */
  readonly branch?: BranchConfig
}

/** Exit status of an agent that has not come to its coordinator: where it was started by what brings no words, the status says so. */
export const NOT_CONNECTED_STATUS: number = 90

/** A node that an agent starts, with those that it starts in its turn. */
export interface NodeBelow {
  readonly nodeId: number
  readonly name: string
  readonly user?: string
  readonly port?: number
  readonly below: readonly NodeBelow[]
}

/** Agents that an agent starts, and how (launch/start-branch.ts). */
export interface BranchConfig {
  readonly nodes: readonly NodeBelow[]
  /** Of the job. */
  readonly nodeCount: number
  /** As in ProgramLauncherOptions. */
  readonly means: {
    readonly type: 'ssh' | 'command'
    readonly program: string
    readonly args: readonly string[]
    readonly isChosen?: boolean
  }
  readonly node: { readonly path?: string | undefined; readonly flags: readonly string[] }
  readonly maxStarting?: number | undefined
  /** What this agent has for it; then the coordinator starts those itself that have not come up. */
  readonly launchTimeoutMs: number
}

/** Names of the globals under which the program text finds its configuration, and its own text in Brotli for the agents that it starts. */
const KEY = '__mpirunTsAgentConfig'
const BUNDLE_KEY = '__mpirunTsAgentBundle'

/** Takes the configuration away from the global, so that no program that runs later sees the keys. */
export function takeAgentConfig(): AgentConfig {
  const holder = globalThis as unknown as Record<string, AgentConfig | undefined>
  const config = holder[KEY]
  if (config === undefined)
    throw new Error('the agent was started without its configuration; it is started by mpirun-ts only')
  delete holder[KEY]
  return config
}

/** This agent's own text in Brotli; there only for one that starts others. */
export function takeAgentBundle(): Uint8Array {
  const holder = globalThis as unknown as Record<string, Uint8Array | undefined>
  const bundle = holder[BUNDLE_KEY]
  if (bundle === undefined) throw new Error('the agent is to start others and does not have what they run')
  delete holder[BUNDLE_KEY]
  return bundle
}
