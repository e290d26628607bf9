import type { BranchConfig } from '../agent/agent-config.ts'
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
  /** Nodes of the job. */
  readonly nodeCount: number
  /** How agents start others, where they do. */
  readonly branch?: Omit<BranchConfig, 'nodes' | 'launchTimeoutMs'>
  /** The agent, one CommonJS text in Brotli. Called once, when the first agent starts. */
  readonly agentBundle: () => Uint8Array
  /** From now on. */
  readonly launchTimeoutMs: number
  /** How long agents wait for somebody's silence; default: as long as that. */
  readonly dialTimeoutMs?: number
}

/** An agent has half of the time that is left to start others, so that the rest is there to start them from here, but not less than this. */
const LEAST_BRANCH_MS = 1000

/** The text of each agent: a head of its own, with its secrets, and a body that all share (agent-input.ts). */
export class AgentScripts {
  readonly #options: AgentScriptsOptions
  readonly #began = performance.now()
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
  async head({ nodeId, name, below = [] }: LaunchTarget, tunnelPath?: string): Promise<string> {
    const { access, network, ports, nodeCount, branch, launchTimeoutMs, dialTimeoutMs } = this.#options
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
      // Nodes of higher ids dial, and those that it starts.
      listens: nodeId < nodeCount - 1 || below.length > 0,
      ...(tunnelPath === undefined ? {} : { tunnelPath }),
      dialTimeoutMs: dialTimeoutMs ?? launchTimeoutMs,
      ...(branch === undefined || below.length === 0
        ? {}
        : { branch: { ...branch, nodes: below, launchTimeoutMs: this.#branchMs() } }),
    })
  }

  #branchMs(): number {
    const leftMs = this.#options.launchTimeoutMs - (performance.now() - this.#began)
    return Math.max(LEAST_BRANCH_MS, leftMs / 2)
  }
}
