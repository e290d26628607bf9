import { deferred } from '../../src/base/deferred.ts'
import { type Logger, silentLogger } from '../../src/base/logger.ts'
import { makeJobCertificate } from '../../src/transport/certificate.ts'
import type { Channel, ChannelSecret } from '../../src/transport/channel.ts'
import type { HeartbeatOptions } from '../../src/transport/heartbeat.ts'
import { dialChannel } from '../../src/transport/websocket-dialer.ts'
import { type ChannelListener, listenForChannels, type ListenOptions } from '../../src/transport/websocket-listener.ts'
import { randomSecret } from '../support/channel-secret.ts'

/** A listener on 127.0.0.1 with what a dialer needs to reach it. */
export interface TestListener {
  readonly listener: ChannelListener
  readonly secret: ChannelSecret
  /** Key and certificate; absent for plain. */
  readonly tls: { readonly key: string; readonly cert: string } | undefined
  /** Debug lines, one text each. */
  readonly lines: readonly string[]
  /** Purposes of the channels that were opened, and the channels. */
  readonly opened: readonly { readonly channel: Channel; readonly purpose: string }[]
  readonly nextChannel: () => Promise<Channel>
}

export async function startTestListener(
  transport: 'tls' | 'plain',
  options: Partial<Pick<ListenOptions, 'maxPending' | 'stepTimeoutMs' | 'heartbeat' | 'keyOf' | 'secret'>> = {},
): Promise<TestListener> {
  const tls = transport === 'tls' ? await makeJobCertificate() : undefined
  const secret = randomSecret(transport, tls?.fingerprint)
  const lines: string[] = []
  const opened: { channel: Channel; purpose: string }[] = []
  let next = deferred<Channel>()
  const logger: Logger = {
    ...silentLogger,
    debug: (fields, message) => {
      lines.push(`${message} ${JSON.stringify(fields)}`)
    },
  }
  const listener = await listenForChannels({
    keyOf: () => secret.secret,
    addresses: ['127.0.0.1'],
    secret,
    ...(tls === undefined ? {} : { tls }),
    onChannel(channel, purpose) {
      opened.push({ channel, purpose })
      next.resolve(channel)
      next = deferred()
    },
    logger,
    ...options,
  })
  return { listener, secret, tls, lines, opened, nextChannel: () => next.promise }
}

/** Both ends of one channel over a socket; [dialer, listener]. */
export async function webSocketPair(
  transport: 'tls' | 'plain',
  heartbeat?: HeartbeatOptions,
): Promise<[Channel, Channel]> {
  const options = heartbeat === undefined ? {} : { heartbeat }
  const { listener, secret, nextChannel } = await startTestListener(transport, options)
  const accepted = nextChannel()
  const dialed = await dialChannel({
    addresses: ['127.0.0.1'],
    port: listener.port,
    secret,
    purpose: 'data:0',
    timeoutMs: 20_000,
    ...options,
  })
  const pair: [Channel, Channel] = [dialed, await accepted]
  listener.close()
  return pair
}
