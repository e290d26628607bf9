import { networkInterfaces } from 'node:os'
import { silentLogger } from '../base/logger.ts'
import type { Channel, Endpoint } from '../transport/channel.ts'
import { dialPeer } from '../transport/dial-peer.ts'
import { addressesToDial, chosenAddresses, localAddresses } from '../transport/endpoint.ts'
import { parsePurpose, purposeText } from '../transport/purpose.ts'
import { dialChannel } from '../transport/websocket-dialer.ts'
import { listenForChannels } from '../transport/websocket-listener.ts'
import type { PeerAddress } from '../wire/control-messages.ts'
import type { AgentConfig } from './agent-config.ts'

/** An agent's connections to the rest of its job. */
export interface AgentNetwork {
  /** To the coordinator. */
  readonly control: Channel
  /** Where other agents reach this one; port 0: nobody does. */
  readonly endpoint: Endpoint
  /** Opens the data channel to a peer. */
  dial(peer: PeerAddress): Promise<Channel>
}

/** The endpoint of an agent that nobody dials. */
const NOWHERE: Endpoint = { addresses: [], port: 0 }

/**
 * Calls the coordinator back and listens for other agents, if there are any that dial this one. `onPeer`: the agent of that node has dialled this one.
 * Rejects with a message for users when that cannot be done.
 */
export async function openAgentNetwork(
  config: AgentConfig,
  onPeer: (nodeId: number, channel: Channel) => void,
): Promise<AgentNetwork> {
  const { nodeId, secret, dialTimeoutMs, listens } = config
  const [control, endpoint] = await Promise.all([callBack(config), listens ? listen(config, onPeer) : NOWHERE])
  const dialer = { own: nodeId, secret, timeoutMs: dialTimeoutMs, interfaces: networkInterfaces }
  return { control, endpoint, dial: (peer) => dialPeer(dialer, peer) }
}

async function callBack({ nodeId, secret, addresses, port, network, dialTimeoutMs }: AgentConfig): Promise<Channel> {
  // ssh came from there, so it is the most likely way back.
  const client = network === undefined ? (process.env['SSH_CONNECTION'] ?? '').split(' ', 1) : []
  const isLikely = (address: string): boolean => client.includes(address)
  const known = [...new Set([...client, ...addresses])].filter((address) => address !== '')
  const offered = addressesToDial(known, networkInterfaces())
  return dialChannel({
    addresses: [...offered.filter(isLikely), ...offered.filter((address) => !isLikely(address))],
    port,
    secret,
    purpose: purposeText({ kind: 'control', from: nodeId }),
    timeoutMs: dialTimeoutMs,
    // ssh brings it to the user, should the time for the start be over before this has an end.
    onSlow: (message) => void process.stderr.write(`${message}\n`),
  })
}

async function listen(config: AgentConfig, onPeer: (nodeId: number, channel: Channel) => void): Promise<Endpoint> {
  const { nodeId, secret, tls, network, ports, dialTimeoutMs } = config
  const sourceOf = (purpose: string): number | undefined => {
    const parsed = parsePurpose(purpose)
    return parsed?.kind === 'data' && parsed.to === nodeId && parsed.from !== nodeId ? parsed.from : undefined
  }
  const bound = network === undefined ? [] : chosenAddresses(networkInterfaces(), network)
  const { port } = await listenForChannels({
    addresses: bound,
    ports,
    secret,
    ...(tls === undefined ? {} : { tls }),
    logger: silentLogger,
    stepTimeoutMs: dialTimeoutMs,
    isForMe: (purpose) => sourceOf(purpose) !== undefined,
    onChannel: (channel, purpose) => onPeer(sourceOf(purpose) ?? nodeId, channel),
  })
  return { addresses: bound.length > 0 ? bound : localAddresses(networkInterfaces()), port }
}
