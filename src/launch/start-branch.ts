import { type AgentConfig, takeAgentBundle } from '../agent/agent-config.ts'
import { silentLogger } from '../base/logger.ts'
import type { Channel, Endpoint } from '../transport/channel.ts'
import { controlKey, keyOfChild } from '../transport/job-keys.ts'
import type { LaunchedAgent } from './launcher.ts'
import { AgentScripts } from './agent-scripts.ts'
import { ProgramLauncher } from './program-launcher.ts'

/** The agents that an agent starts. */
export interface StartedBranch {
  readonly agents: readonly LaunchedAgent[]
  /** Their control channels come here. False: no such agent is awaited. */
  accept(channel: Channel, nodeId: number): boolean
}

/** Starts the agents that this one is to start; they dial its listener. undefined: there are none. */
export function startBranch(config: AgentConfig, endpoint: Promise<Endpoint>): StartedBranch | undefined {
  const { branch, secret, nodeKey, tls, network, ports, dialTimeoutMs } = config
  if (branch === undefined) return undefined
  const { nodes, launchTimeoutMs, ...how } = branch
  const bundle = takeAgentBundle()
  const keys = {
    nodeKey: (nodeId: number): string => keyOfChild(nodeKey, nodeId),
    secretOf: ({ from }: { readonly from: number }) => ({ ...secret, secret: controlKey(keyOfChild(nodeKey, from)) }),
  }
  const access = endpoint.then((own) => ({ endpoint: own, keys, ...(tls === undefined ? {} : { tls }) }))
  const scripts = new AgentScripts({
    access,
    network,
    ports,
    nodeCount: branch.nodeCount,
    branch: how,
    agentBundle: () => bundle,
    launchTimeoutMs,
    dialTimeoutMs,
  })
  const launcher = new ProgramLauncher({ ...how, scripts, launchTimeoutMs, logger: silentLogger })
  return {
    agents: nodes.map((node) => launcher.launch(node)),
    accept: (channel, nodeId) => launcher.accept(channel, nodeId),
  }
}
