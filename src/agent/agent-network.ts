import { rmSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { silentLogger } from '../base/logger.ts'
import type { Channel, ChannelSecret, Endpoint } from '../transport/channel.ts'
import { dialPeer } from '../transport/dial-peer.ts'
import { addressesToDial, chosenAddresses, localAddresses } from '../transport/endpoint.ts'
import { controlKey, keyOfChild, pairKey, sealed } from '../transport/job-keys.ts'
import { parsePurpose, type Purpose, purposeText } from '../transport/purpose.ts'
import { dialChannel } from '../transport/websocket-dialer.ts'
import { listenForChannels } from '../transport/websocket-listener.ts'
import type { PeerAddress } from '../wire/control-messages.ts'
import type { AgentConfig } from './agent-config.ts'

/** An agent's connections to the rest of its job. */
export interface AgentNetwork {
  /** To the coordinator, or to the agent that has started this one and carries the channel there. */
  readonly control: Promise<Channel>
  /** Where other agents reach this one; port 0: nobody does. */
  readonly endpoint: Promise<Endpoint>
  /** Opens the data channel to a peer. `askToRelay`: asks the peer to come to the coordinator, as relay() does. */
  dial(peer: PeerAddress, askToRelay: () => void): Promise<Channel>
  /** Opens one half of a data channel to a peer, which the coordinator joins with the peer's; absent where there is no tunnel. */
  readonly relay?: (nodeId: number) => Promise<Channel>
  /** Takes away what the network has left on this machine. */
  close(): void
}

/** Who dials an agent. */
export interface AgentVisitors {
  /** The agent of that node. */
  readonly onPeer: (nodeId: number, channel: Channel) => void
  /** One that this agent has started, with its control channel. */
  readonly onControl: (nodeId: number, channel: Channel) => void
}

/** With a tunnel: who does not answer directly within this time is reached through the coordinator. */
const DIRECT_MS = 2000

/** The endpoint of an agent that nobody dials. */
const NOWHERE: Endpoint = { addresses: [], port: 0 }

/**
 * Calls the coordinator back and listens for other agents, if there are any that dial this one. Its promises reject with a message for users when
 * that cannot be done.
 */
export function openAgentNetwork(config: AgentConfig, visitors: AgentVisitors): AgentNetwork {
  const { nodeId, dialTimeoutMs, listens, tunnelPath } = config
  const endpoint = listens ? listen(config, visitors) : Promise.resolve(NOWHERE)
  const control = callBack(config)
  const dialDirectly = async (peer: PeerAddress, timeoutMs: number): Promise<Channel> =>
    dialPeer({ own: nodeId, secret: secretWith(config, peer), timeoutMs, interfaces: networkInterfaces }, peer)
  if (tunnelPath === undefined)
    return { control, endpoint, dial: (peer) => dialDirectly(peer, dialTimeoutMs), close: () => undefined }
  const relay = async (peer: Pick<PeerAddress, 'nodeId' | 'key'>): Promise<Channel> =>
    dialTunnel(config, { kind: 'data', from: nodeId, to: peer.nodeId }, secretWith(config, peer))
  const relayHigher = async (higher: number): Promise<Channel> =>
    relay({ nodeId: higher, key: pairKey(config.nodeKey, higher) })
  let reachesOthers: boolean | undefined
  const dial = async (peer: PeerAddress, askToRelay: () => void): Promise<Channel> => {
    // The agent in the coordinator's process.
    if (peer.addresses.length === 0) return relay(peer)
    if (reachesOthers !== false) {
      try {
        const channel = await dialDirectly(peer, Math.min(DIRECT_MS, dialTimeoutMs))
        reachesOthers = true
        return channel
      } catch {
        // Most probably others cannot be reached either.
        reachesOthers ??= false
      }
    }
    askToRelay()
    return relay(peer)
  }
  const close = (): void => {
    if (tunnelPath !== '') rmSync(tunnelPath, { force: true })
  }
  return { control, endpoint, dial, relay: relayHigher, close }
}

/** `peer`: with the key that came sealed, where it is of a lower id. */
function secretWith(
  { nodeId, nodeKey, secret }: AgentConfig,
  peer: Pick<PeerAddress, 'nodeId' | 'key'>,
): ChannelSecret {
  return { ...secret, secret: peer.nodeId < nodeId ? sealed(peer.key, nodeKey, peer.nodeId) : peer.key }
}

/** Through ssh, which encrypts, to the coordinator. */
async function dialTunnel(config: AgentConfig, purpose: Purpose, secret: ChannelSecret): Promise<Channel> {
  const { addresses, port, tunnelPath = '', dialTimeoutMs } = config
  return dialChannel({
    addresses: tunnelPath === '' ? addresses : [tunnelPath],
    port,
    secret: { ...secret, transport: 'plain', fingerprint: '' },
    purpose: purposeText(purpose),
    timeoutMs: dialTimeoutMs,
    ...(purpose.kind === 'control' ? { onSlow: say, busyTimeoutMs: dialTimeoutMs } : {}),
  })
}

/** ssh brings it to the user, should the time for the start be over before this has an end. */
function say(message: string): void {
  process.stderr.write(`${message}\n`)
}

async function callBack(config: AgentConfig): Promise<Channel> {
  const { nodeId, secret, addresses, port, network, tunnelPath, dialTimeoutMs } = config
  const purpose: Purpose = { kind: 'control', from: nodeId }
  if (tunnelPath !== undefined) return dialTunnel(config, purpose, secret)
  // ssh came from there, so it is the most likely way back.
  const client = network === undefined ? (process.env['SSH_CONNECTION'] ?? '').split(' ', 1) : []
  const isLikely = (address: string): boolean => client.includes(address)
  const known = [...new Set([...client, ...addresses])].filter((address) => address !== '')
  const offered = addressesToDial(known, networkInterfaces())
  return dialChannel({
    addresses: [...offered.filter(isLikely), ...offered.filter((address) => !isLikely(address))],
    port,
    secret,
    purpose: purposeText(purpose),
    timeoutMs: dialTimeoutMs,
    // The coordinator does not wait for longer. It may be gone behind a cut cable, which looks as if it were busy.
    busyTimeoutMs: dialTimeoutMs,
    onSlow: say,
  })
}

async function listen(config: AgentConfig, { onPeer, onControl }: AgentVisitors): Promise<Endpoint> {
  const { nodeId, nodeKey, secret, branch, tls, network, ports, dialTimeoutMs } = config
  const started = new Set(branch?.nodes.map((node) => node.nodeId))
  const keyOf = (purpose: Purpose | undefined): string | undefined => {
    if (purpose?.kind === 'control')
      return started.has(purpose.from) ? controlKey(keyOfChild(nodeKey, purpose.from)) : undefined
    return purpose?.to === nodeId && purpose.from > nodeId ? pairKey(nodeKey, purpose.from) : undefined
  }
  const bound = network === undefined ? [] : chosenAddresses(networkInterfaces(), network)
  const { port } = await listenForChannels({
    addresses: bound,
    ports,
    secret,
    ...(tls === undefined ? {} : { tls }),
    logger: silentLogger,
    stepTimeoutMs: dialTimeoutMs,
    keyOf: (text) => keyOf(parsePurpose(text)),
    onChannel: (channel, text) => {
      const purpose = parsePurpose(text)
      if (purpose?.kind === 'control') onControl(purpose.from, channel)
      else onPeer(purpose?.from ?? nodeId, channel)
    },
  })
  return { addresses: bound.length > 0 ? bound : localAddresses(networkInterfaces()), port }
}
