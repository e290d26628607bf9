import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { WebSocketServer } from 'ws'
import { MpirunError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Channel, ChannelSecret } from './channel.ts'
import { beginAsListener } from './handshake.ts'
import type { HeartbeatOptions } from './heartbeat.ts'
import { TLS_OPTIONS } from './tls-options.ts'
import { WebSocketChannel } from './websocket-channel.ts'
import { CHANNEL_PATH, runHandshake, webSocketConnection, webSocketOptions } from './websocket-handshake.ts'

export interface ListenOptions {
  /** Address to listen on; default: every address of the machine. */
  readonly host?: string
  readonly secret: ChannelSecret
  /** Key and certificate of the job, PEM; needed unless `secret.transport` is 'plain'. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** A dialer has proven itself. Its frames are kept until `channel.onFrame`. */
  readonly onChannel: (channel: Channel, purpose: string) => void
  readonly logger: Logger
  /** Connections that have not proven themselves yet; when one more comes, the oldest is dropped. */
  readonly maxPending?: number
  /** Time for TLS, upgrade and handshake together, ms. */
  readonly handshakeTimeoutMs?: number
  readonly heartbeat?: HeartbeatOptions
}

export interface ChannelListener {
  readonly port: number
  /** Takes no more connections and drops those that have not proven themselves. Open channels stay. */
  close(): void
}

const DEFAULT_MAX_PENDING = 256
const DEFAULT_HANDSHAKE_TIMEOUT_MS = 5000
const MAX_UPGRADE_BYTES = 4096
const BACKLOG = 511

/**
 * Listens on a free port for channels. Whoever does not prove the job's secret in time is dropped without an answer and with one debug
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
  const server = createServer((socket) => {
    gate.admit(socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const where = options.host ?? 'any address'
      const message = `Cannot listen on ${where} (${error.message}). Choose an address of this machine with --interface.`
      reject(new MpirunError('ERR_LAUNCH', message, { cause: error }))
    })
    server.listen({ port: 0, backlog: BACKLOG, ...(options.host === undefined ? {} : { host: options.host }) }, resolve)
  })
  server.removeAllListeners('error').on('error', (error) => {
    options.logger.warn({ reason: error.message }, 'could not accept a connection')
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close() {
      server.close()
      gate.close()
    },
  }
}

/** A connection that has not proven itself yet. */
interface Visitor {
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
        this.#http.emit('connection', stream)
      })
    }
  }

  close(): void {
    for (const visitor of this.#pending) visitor.drop('the listener was closed')
  }

  #watch(socket: Socket, stream: Socket): Visitor {
    const {
      logger,
      maxPending = DEFAULT_MAX_PENDING,
      handshakeTimeoutMs = DEFAULT_HANDSHAKE_TIMEOUT_MS,
    } = this.#options
    const from = `${String(socket.remoteAddress)}:${String(socket.remotePort)}`
    const visitor: Visitor = {
      drop: (reason) => {
        if (!this.#pending.delete(visitor)) return
        clearTimeout(timer)
        stream.destroy()
        socket.destroy()
        logger.debug({ from, reason }, 'dropped a connection that did not prove itself')
      },
      pass: () => {
        this.#pending.delete(visitor)
        clearTimeout(timer)
      },
    }
    const timer = setTimeout(() => {
      visitor.drop(`did not prove itself within ${String(handshakeTimeoutMs / 1000)} s`)
    }, handshakeTimeoutMs)
    for (const end of new Set([socket, stream])) {
      end.on('error', (error) => {
        visitor.drop(error.message)
      })
      end.on('close', () => {
        visitor.drop('closed the connection before proving itself')
      })
    }
    this.#pending.add(visitor)
    const [oldest] = this.#pending
    if (this.#pending.size > maxPending) oldest?.drop(`more than ${String(maxPending)} connections at once`)
    return visitor
  }

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const stream = request.socket
    const visitor = this.#visitorOf.get(stream)
    if (visitor === undefined || request.url !== CHANNEL_PATH) {
      visitor?.drop('asked for another path')
      return
    }
    this.#webSockets.handleUpgrade(request, duplex, head, (webSocket) => {
      const connection = webSocketConnection(webSocket, stream, 'listener')
      runHandshake(connection, beginAsListener(), this.#options.secret.secret, {
        proven: (purpose) => {
          visitor.pass()
          this.#options.onChannel(new WebSocketChannel(connection, this.#options.heartbeat), purpose)
        },
        refused: (reason) => {
          visitor.drop(reason)
        },
      })
    })
  }
}
