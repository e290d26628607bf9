import { randomBytes } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import type { Logger } from '../base/logger.ts'
import { makeJobCertificate } from '../transport/certificate.ts'
import type { Channel, ChannelSecret, Endpoint } from '../transport/channel.ts'
import { localAddresses } from '../transport/endpoint.ts'
import { dialPeer } from '../transport/dial-peer.ts'
import { listenForChannels } from '../transport/websocket-listener.ts'
import type { PeerAddress } from '../wire/control-messages.ts'
import type { LaunchedAgent, LaunchTarget } from './launcher.ts'
import { SshLauncher, type SshLauncherOptions } from './ssh-launcher.ts'

export interface RemoteAgentsOptions {
  readonly transport: 'tls' | 'plain'
  /** Name or address of the interface that agents dial; undefined: every address is offered. */
  readonly interface: string | undefined
  readonly ssh: Pick<SshLauncherOptions, 'sshPath' | 'launcherArgs' | 'nodePath' | 'launchTimeoutMs' | 'bundleText'>
  /** The agent of node `from` has dialled that of node `to`, which runs in this process. */
  readonly onPeer: (from: number, to: number, channel: Channel) => void
  readonly logger: Logger
}

export interface RemoteAgents {
  /** Where this machine's listener can be reached by agents. */
  readonly endpoint: Endpoint
  launch(target: LaunchTarget): LaunchedAgent
  /** Opens a data channel from node `own` to a peer. */
  dial(own: number, peer: PeerAddress): Promise<Channel>
  close(): Promise<void>
}

/** Gets ready to start agents on other machines: a secret and a certificate for this job, a listener, an ssh launcher. */
export async function openRemoteAgents(options: RemoteAgentsOptions): Promise<RemoteAgents> {
  const { logger } = options
  const addresses = localAddresses(networkInterfaces(), options.interface)
  const certificate = options.transport === 'tls' ? await makeJobCertificate() : undefined
  const secret: ChannelSecret = {
    secret: randomBytes(32).toString('hex'),
    transport: options.transport,
    fingerprint: certificate?.fingerprint ?? '',
  }
  const tls = certificate === undefined ? undefined : { key: certificate.key, cert: certificate.cert }
  const listener = await listenForChannels({
    secret,
    ...(tls === undefined ? {} : { tls }),
    logger,
    onChannel: (channel, purpose) => {
      const [kind, from, to] = purpose.split(':')
      if (kind === 'control') launcher.accept(channel, Number(from))
      else options.onPeer(Number(from), Number(to), channel)
    },
  })
  const endpoint: Endpoint = { addresses, port: listener.port }
  const launcher = new SshLauncher({
    ...options.ssh,
    endpoint,
    isAddressChosen: options.interface !== undefined,
    secret,
    ...(tls === undefined ? {} : { tls }),
    logger,
  })
  return {
    endpoint,
    launch: (target) => launcher.launch(target),
    dial: (own, peer) => dialPeer(own, peer, secret),
    close: async () => {
      await launcher[Symbol.asyncDispose]()
      listener.close()
    },
  }
}
