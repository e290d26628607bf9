import { Agent, type AgentOptions } from '../agent/agent.ts'
import { Family } from '../agent/family.ts'
import { type ControlLink, directControlLinks } from '../transport/control-link.ts'
import type { FromAgent, ToAgent } from '../wire/control-messages.ts'
import { PROTOCOL_VERSION } from '../wire/version.ts'
import type { Endpoint } from '../transport/channel.ts'

export interface LocalAgent {
  readonly agent: Agent
  readonly link: ControlLink<ToAgent, FromAgent>
}

/** Runs the agent of this machine in this process: the same Agent as on every other node, without a network between. */
export function startLocalAgent(
  nodeId: number,
  endpoint: Endpoint,
  options: Omit<AgentOptions, 'nodeId' | 'link' | 'family'>,
): LocalAgent {
  const [agentEnd, coordinatorEnd] = directControlLinks<FromAgent, ToAgent>()
  const agent = new Agent({ ...options, nodeId, link: agentEnd, family: new Family(false) })
  agentEnd.send({
    type: 'hello',
    nodeId,
    hostname: options.hostname,
    pid: process.pid,
    nodeVersion: process.versions.node,
    protocolVersion: PROTOCOL_VERSION,
    addresses: endpoint.addresses,
    port: endpoint.port,
  })
  return { agent, link: coordinatorEnd }
}
