import type { PortRange } from '../base/port-range.ts'
import type { InterfaceChoice } from '../transport/endpoint.ts'
import type { AgentAccess } from './agent-access.ts'
import { agentBody, agentHead } from './agent-input.ts'
import type { LaunchTarget } from './launcher.ts'

export interface AgentScriptsOptions {
  /** What agents are told; launching programs log in while it is still being made. */
  readonly access: Promise<AgentAccess>
  /** The network that agents listen in and dial; otherwise they may use any, also the one that ssh came from. */
  readonly network?: InterfaceChoice | undefined
  /** Ports that agents may listen on; undefined: any. */
  readonly ports?: readonly PortRange[] | undefined
  /** Whether the agent of that node is dialled by others; one that is not does not listen. */
  readonly isDialled?: (nodeId: number) => boolean
  /** The agent, one CommonJS text in Brotli. Called once, when the first agent starts. */
  readonly agentBundle: () => Uint8Array
  readonly launchTimeoutMs: number
}

/** The text of each agent: a head of its own, with its secrets, and a body that all share (agent-input.ts). */
export class AgentScripts {
  readonly #options: AgentScriptsOptions
  #body: Uint8Array | undefined

  constructor(options: AgentScriptsOptions) {
    this.#options = options
  }

  get access(): Promise<AgentAccess> {
    return this.#options.access
  }

  body(): Uint8Array {
    this.#body ??= agentBody(this.#options.agentBundle())
    return this.#body
  }

  /** `tunnelPath`: as in AgentConfig. */
  async head({ nodeId, name }: LaunchTarget, tunnelPath?: string): Promise<string> {
    const { access, network, ports, isDialled, launchTimeoutMs } = this.#options
    const { endpoint, keys, tls } = await access
    return agentHead({
      nodeId,
      nodeName: name,
      secret: keys.secretOf({ kind: 'control', from: nodeId }),
      nodeKey: keys.nodeKey(nodeId),
      ...(tls === undefined ? {} : { tls }),
      ...endpoint,
      ...(network === undefined ? {} : { network }),
      ...(ports === undefined ? {} : { ports }),
      listens: isDialled?.(nodeId) ?? true,
      ...(tunnelPath === undefined ? {} : { tunnelPath }),
      dialTimeoutMs: launchTimeoutMs,
    })
  }
}
