import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { WebSocketServer } from 'ws'
import { MpirunError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { afterOwnTime } from '../base/own-time.ts'
import type { PortRange } from '../base/port-range.ts'
import { bindServers } from './bound-servers.ts'
import type { Channel, JobSecret } from './channel.ts'
import { beginAsListener, type KeyOf } from './handshake.ts'
import type { HeartbeatOptions } from './heartbeat.ts'
import { TLS_OPTIONS } from './tls-options.ts'
import { WebSocketChannel } from './websocket-channel.ts'
import { CHANNEL_PATH, runHandshake, webSocketConnection, webSocketOptions } from './websocket-handshake.ts'

export interface ListenOptions {
  /** Addresses to listen on; default: every address of the machine. */
  readonly addresses?: readonly string[]
  /** Ports to choose from; default: any. */
  readonly ports?: readonly PortRange[] | undefined
  readonly secret: Pick<JobSecret, 'jobKey' | 'transport'>
  /** Key and certificate of the job, PEM; needed unless `secret.transport` is 'plain'. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** What a dialer must know who comes with this purpose (purpose.ts). Who looks for somebody else, where there is no key, is sent away. */
  readonly keyOf: KeyOf
  /** A dialer has proven itself. Its frames are kept until `channel.onFrame`. */
  readonly onChannel: (channel: Channel, purpose: string) => void
  readonly logger: Logger
  /** Connections that have not proven themselves yet; when one more comes, one is dropped: the oldest from the address with the most. */
  readonly maxPending?: number
  /** Time for each step of TLS, upgrade and handshake, ms. A dialer on a busy machine needs long for them, and would come again. */
  readonly stepTimeoutMs?: number
  readonly heartbeat?: HeartbeatOptions
}

export interface ChannelListener {
  readonly port: number
  /** Takes no more connections and drops those that have not proven themselves. Open channels stay. */
  close(): void
}

const DEFAULT_MAX_PENDING = 256
const DEFAULT_STEP_TIMEOUT_MS = 10_000
const MAX_UPGRADE_BYTES = 4096

/**
 * Listens for channels. Whoever does not prove who it is in time is dropped without an answer and with one debug
 * line. @throws MpirunError ERR_LAUNCH when the address cannot be listened on.
 */
export async function listenForChannels(options: ListenOptions): Promise<ChannelListener> {
  const { secret, tls } = options
  if (secret.transport === 'tls' && tls === undefined) {
    throw new MpirunError('ERR_INTERNAL', 'cannot listen with TLS without a key and a certificate')
  }
  const gate = new Gate(
    options,
    secret.transport === 'tls' ? createSecureContext({ ...TLS_OPTIONS, ...tls }) : undefined,
  )
  const servers = await bindServers(options.addresses ?? [], options.ports, (socket) => {
    gate.admit(socket)
  })
  servers.onError((error) => {
    options.logger.warn({ reason: error.message }, 'could not accept a connection')
  })
  return {
    port: servers.port,
    close() {
      servers.close()
      gate.close()
    },
  }
}

/** A connection that has not proven itself yet. */
interface Visitor {
  readonly address: string
  /** It has done a step, and has time for the next one. */
  progress(): void
  /** Ends the connection without a word to it. */
  drop(reason: string): void
  /** The connection has proven itself. */
  pass(): void
}

/** Between the port and the channels: TLS, upgrade and handshake of connections that nobody knows yet. */
class Gate {
  readonly #options: ListenOptions
  readonly #secureContext: SecureContext | undefined
  /** In the order of their arrival. */
  readonly #pending = new Set<Visitor>()
  readonly #visitorOf = new WeakMap<object, Visitor>()
  readonly #http = createHttpServer({ maxHeaderSize: MAX_UPGRADE_BYTES })
  readonly #webSockets = new WebSocketServer({ ...webSocketOptions, noServer: true, clientTracking: false })

  constructor(options: ListenOptions, secureContext: SecureContext | undefined) {
    this.#options = options
    this.#secureContext = secureContext
    this.#http.on('upgrade', (request, stream, head) => {
      this.#upgrade(request, stream, head)
    })
    this.#http.on('request', (request) => {
      this.#visitorOf.get(request.socket)?.drop('sent an HTTP request')
    })
    this.#http.on('clientError', (error, stream) => {
      this.#visitorOf.get(stream)?.drop(error.message)
    })
    // With a listener here, ws leaves the answer to an invalid upgrade to us: none.
    this.#webSockets.on('wsClientError', (error, stream) => {
      this.#visitorOf.get(stream)?.drop(error.message)
    })
  }

  admit(socket: Socket): void {
    const stream =
      this.#secureContext === undefined
        ? socket
        : new TLSSocket(socket, { isServer: true, secureContext: this.#secureContext })
    const visitor = this.#watch(socket, stream)
    this.#visitorOf.set(stream, visitor)
    if (this.#secureContext === undefined) {
      this.#http.emit('connection', stream)
    } else {
      stream.once('secure', () => {
        visitor.progress()
        this.#http.emit('connection', stream)
      })
    }
  }

  close(): void {
    for (const visitor of this.#pending) visitor.drop('the listener was closed')
  }

  #watch(socket: Socket, stream: Socket): Visitor {
    const { logger, stepTimeoutMs = DEFAULT_STEP_TIMEOUT_MS } = this.#options
    const address = String(socket.remoteAddress)
    const from = `${address}:${String(socket.remotePort)}`
    const startClock = (): (() => void) =>
      afterOwnTime(
        stepTimeoutMs,
        () => visitor.drop(`did not prove itself within ${String(stepTimeoutMs / 1000)} s`),
        true,
      )
    let stopClock = startClock()
    const visitor: Visitor = {
      address,
      progress: () => {
        stopClock()
        stopClock = startClock()
      },
      drop: (reason) => {
        if (!this.#pending.delete(visitor)) return
        stopClock()
        stream.destroy()
        socket.destroy()
        logger.debug({ from, reason }, 'dropped a connection that did not prove itself')
      },
      pass: () => {
        this.#pending.delete(visitor)
        stopClock()
      },
    }
    for (const end of new Set([socket, stream])) {
      end.on('error', (error) => {
        visitor.drop(error.message)
      })
      end.on('close', () => {
        visitor.drop('closed the connection before proving itself')
      })
    }
    this.#pending.add(visitor)
    this.#makeRoom()
    return visitor
  }

  /** Who comes with many connections loses its own ones first: a flood from one machine does not push out others. */
  #makeRoom(): void {
    const { maxPending = DEFAULT_MAX_PENDING } = this.#options
    if (this.#pending.size <= maxPending) return
    const counts = new Map<string, number>()
    for (const { address } of this.#pending) counts.set(address, (counts.get(address) ?? 0) + 1)
    const most = Math.max(...counts.values())
    for (const visitor of this.#pending) {
      if (counts.get(visitor.address) !== most) continue
      visitor.drop(`more than ${String(maxPending)} connections at once`)
      return
    }
  }

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const stream = request.socket
    const visitor = this.#visitorOf.get(stream)
    if (visitor === undefined || request.url !== CHANNEL_PATH) {
      visitor?.drop('asked for another path')
      return
    }
    this.#webSockets.handleUpgrade(request, duplex, head, (webSocket) => {
      visitor.progress()
      const connection = webSocketConnection(webSocket, stream, 'listener')
      const { keyOf, secret } = this.#options
      runHandshake(
        connection,
        beginAsListener(),
        { jobKey: secret.jobKey, keyOf },
        {
          progress: () => visitor.progress(),
          proven: (purpose) => {
            visitor.pass()
            this.#options.onChannel(new WebSocketChannel(connection, this.#options.heartbeat), purpose)
          },
          refused: (reason) => {
            visitor.drop(reason)
          },
        },
      )
    })
  }
}
