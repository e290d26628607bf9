import { randomBytes } from 'node:crypto'
import type { Logger } from '../base/logger.ts'
import { makeJobCertificate } from '../transport/certificate.ts'
import type { Channel, ChannelSecret, Endpoint } from '../transport/channel.ts'
import { dialPeer } from '../transport/dial-peer.ts'
import { listenForChannels } from '../transport/websocket-listener.ts'
import type { PeerAddress } from '../wire/control-messages.ts'

/** What an agent must know to find its coordinator and to prove itself there. */
export interface AgentAccess {
  /** Where agents find the coordinator. */
  readonly endpoint: Endpoint
  readonly secret: ChannelSecret
  /** The job's key and certificate, PEM, for the agents' own listeners; absent with plain transport. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

export interface OpenAccess extends AgentAccess {
  /** Opens a data channel from node `own` to a peer. */
  dial(own: number, peer: PeerAddress): Promise<Channel>
  close(): void
}

/** Opens the job's listener, with a secret and a certificate of its own. Loading this file costs some 30 ms: it brings TLS and WebSockets. */
export async function openAccess(
  transport: 'tls' | 'plain',
  addresses: readonly string[],
  onChannel: (channel: Channel, purpose: string) => void,
  logger: Logger,
): Promise<OpenAccess> {
  const certificate = transport === 'tls' ? await makeJobCertificate() : undefined
  const fingerprint = certificate?.fingerprint ?? ''
  const secret: ChannelSecret = { secret: randomBytes(32).toString('hex'), transport, fingerprint }
  const tls = certificate === undefined ? {} : { tls: { key: certificate.key, cert: certificate.cert } }
  const listener = await listenForChannels({ secret, ...tls, logger, onChannel })
  return {
    endpoint: { addresses, port: listener.port },
    secret,
    ...tls,
    dial: (own, peer) => dialPeer(own, peer, secret),
    close: () => listener.close(),
  }
}
