import type { Logger } from '../base/logger.ts'
import type { PortRange } from '../base/port-range.ts'
import { makeJobCertificate } from '../transport/certificate.ts'
import type { Channel, ChannelSecret, Endpoint } from '../transport/channel.ts'
import { JobKeys } from '../transport/job-keys.ts'
import { parsePurpose, type Purpose } from '../transport/purpose.ts'
import { listenForChannels } from '../transport/websocket-listener.ts'

/** What an agent must know to find the rest of its job comes from here. */
export interface AgentAccess {
  /** Where agents find the coordinator. */
  readonly endpoint: Endpoint
  /** Each agent gets its own ones. */
  readonly keys: AgentKeys
  /** The job's key and certificate, PEM, for the agents' own listeners; absent with plain transport. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

/** Of JobKeys, what an agent is told; one that starts others makes it from its own key. */
export interface AgentKeys {
  nodeKey(nodeId: number): string
  secretOf(purpose: { readonly kind: 'control'; readonly from: number }): ChannelSecret
}

export interface OpenAccess extends AgentAccess {
  readonly keys: JobKeys
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
  /** Whether a dialer that looks for that one is right here. */
  readonly isForMe: (purpose: Purpose) => boolean
  readonly onChannel: (channel: Channel, purpose: string) => void
  readonly stepTimeoutMs: number
  /** Which node starts which (job-keys.ts). */
  readonly parents: ReadonlyMap<number, number>
  readonly logger: Logger
}

/** Opens the job's listener, with keys and a certificate of its own. Loading this file costs some 30 ms: it brings TLS and WebSockets. */
export async function openAccess({
  transport,
  addresses,
  isBound,
  isTunnel,
  isForMe,
  parents,
  ...listen
}: AccessOptions): Promise<OpenAccess> {
  const certificate = transport === 'tls' ? await makeJobCertificate() : undefined
  const fingerprint = certificate?.fingerprint ?? ''
  const keys = new JobKeys({ transport, fingerprint }, undefined, parents)
  const tls = certificate === undefined ? {} : { tls: { key: certificate.key, cert: certificate.cert } }
  const listener = await listenForChannels({
    ...listen,
    ...tls,
    secret: isTunnel ? { ...keys.job, transport: 'plain' } : keys.job,
    keyOf: (text) => {
      const purpose = parsePurpose(text)
      return purpose !== undefined && isForMe(purpose) ? keys.keyOf(purpose) : undefined
    },
    addresses: isBound ? addresses : [],
  })
  return {
    endpoint: { addresses, port: listener.port },
    keys,
    ...tls,
    close: () => listener.close(),
  }
}
