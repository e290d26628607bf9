import { randomBytes } from 'node:crypto'
import type { Logger } from '../base/logger.ts'
import type { PortRange } from '../base/port-range.ts'
import { makeJobCertificate } from '../transport/certificate.ts'
import type { Channel, ChannelSecret, Endpoint } from '../transport/channel.ts'
import type { IsForMe } from '../transport/handshake.ts'
import { listenForChannels } from '../transport/websocket-listener.ts'

/** What an agent must know to find its coordinator and to prove itself there. */
export interface AgentAccess {
  /** Where agents find the coordinator. */
  readonly endpoint: Endpoint
  readonly secret: ChannelSecret
  /** The job's key and certificate, PEM, for the agents' own listeners; absent with plain transport. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

export interface OpenAccess extends AgentAccess {
  close(): void
}

export interface AccessOptions {
  readonly transport: 'tls' | 'plain'
  /** Addresses of this machine that agents may dial. */
  readonly addresses: readonly string[]
  /** Nothing listens at other addresses of this machine. */
  readonly isBound: boolean
  readonly ports: readonly PortRange[] | undefined
  /** Agents come back through ssh, which encrypts. */
  readonly isTunnel: boolean
  readonly isForMe: IsForMe
  readonly onChannel: (channel: Channel, purpose: string) => void
  readonly stepTimeoutMs: number
  readonly logger: Logger
}

/** Opens the job's listener, with a secret and a certificate of its own. Loading this file costs some 30 ms: it brings TLS and WebSockets. */
export async function openAccess({
  transport,
  addresses,
  isBound,
  isTunnel,
  ...listen
}: AccessOptions): Promise<OpenAccess> {
  const certificate = transport === 'tls' ? await makeJobCertificate() : undefined
  const fingerprint = certificate?.fingerprint ?? ''
  const secret: ChannelSecret = { secret: randomBytes(32).toString('hex'), transport, fingerprint }
  const tls = certificate === undefined ? {} : { tls: { key: certificate.key, cert: certificate.cert } }
  const listener = await listenForChannels({
    ...listen,
    ...tls,
    secret: isTunnel ? { ...secret, transport: 'plain', fingerprint: '' } : secret,
    addresses: isBound ? addresses : [],
  })
  return {
    endpoint: { addresses, port: listener.port },
    secret,
    ...tls,
    close: () => listener.close(),
  }
}
