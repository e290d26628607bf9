import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { afterOwnTime } from '../base/own-time.ts'
import type { Channel, ChannelSecret } from './channel.ts'
import { beginAsDialer, START_FRAME } from './handshake.ts'
import type { HeartbeatOptions } from './heartbeat.ts'
import { TLS_OPTIONS } from './tls-options.ts'
import { UnreachableError } from './unreachable-error.ts'
import { WebSocketChannel } from './websocket-channel.ts'
import { CHANNEL_PATH, runHandshake, webSocketConnection, webSocketOptions } from './websocket-handshake.ts'

export interface DialOptions {
  /** The most likely one first. Paths of Unix sockets are addresses too. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly secret: ChannelSecret
  /** Who dials and whom (purpose.ts). */
  readonly purpose: string
  /** If no address has taken a connection by then, nobody is there. Who has is busy, and gets `busyTimeoutMs`: BUSY_FACTOR times as long by default. */
  readonly timeoutMs: number
  readonly busyTimeoutMs?: number
  readonly signal?: AbortSignal
  readonly heartbeat?: HeartbeatOptions
  /** Called after half of timeoutMs, with what has been found out by then. */
  readonly onSlow?: (message: string) => void
}

/** An address gets this long before the next one is tried beside it (RFC 8305 §5). */
const HEAD_START_MS = 250
/** Between two tries of an address whose listener drops connections: at first, and at most. Half of it is left to chance. */
const FIRST_PAUSE_MS = 100
const MOST_PAUSE_MS = 2000
const BUSY_FACTOR = 6

/**
 * Opens a channel to a listener. Addresses are tried in their order, the next one beside those before it when they do not answer soon; the first
 * over which the whole handshake is done wins, and the listener sees one channel. A listener that drops connections (it has too many) is tried
 * again until the time is over; one that refuses them, or is another one than `purpose` names, is not.
 * @throws MpirunError ERR_HANDSHAKE (exit status 3) that gives every address with the reason why it was not that one.
 */
export async function dialChannel(options: DialOptions): Promise<Channel> {
  return await new Dial(options).run()
}

/** The connection broke before it proved itself, without a reason that another try could not change. */
class DroppedError extends Error {}

/** What is known of an address. */
interface Tried {
  readonly address: string
  /** It takes connections, and nothing that has come of them rules it out. */
  isBusy: boolean
  /** Why the last try failed. */
  reason: string | undefined
}

class Dial {
  readonly #options: DialOptions
  readonly #tried: readonly Tried[]
  /** Aborted when a channel is open or the time is over: ends all tries. */
  readonly #over = new AbortController()
  /** The connection that has been told to be the channel. */
  #chosen: Socket | undefined

  constructor(options: DialOptions) {
    this.#options = options
    this.#tried = options.addresses.map((address) => ({ address, isBusy: false, reason: undefined }))
  }

  async run(): Promise<Channel> {
    const { signal } = this.#options
    const giveUp = (): void => this.#over.abort('given up')
    const stopClocks = this.#startClocks()
    signal?.addEventListener('abort', giveUp)
    if (signal?.aborted === true) giveUp()
    try {
      return await Promise.any(await this.#begin())
    } catch (failure) {
      throw this.#failure(failure)
    } finally {
      stopClocks()
      signal?.removeEventListener('abort', giveUp)
    }
  }

  #startClocks(): () => void {
    const { timeoutMs, busyTimeoutMs = timeoutMs * BUSY_FACTOR, onSlow } = this.#options
    const end = (ms: number): void => this.#over.abort(`no answer within ${String(ms / 1000)} s`)
    const clocks = [
      afterOwnTime(timeoutMs, () => {
        if (!this.#tried.some(({ isBusy }) => isBusy)) end(timeoutMs)
      }),
      afterOwnTime(busyTimeoutMs, () => end(busyTimeoutMs)),
      ...(onSlow === undefined ? [] : [afterOwnTime(timeoutMs / 2, () => onSlow(this.#failure().message))]),
    ]
    return () => {
      for (const stop of clocks) stop()
    }
  }

  /** Begins with one address after the other. */
  async #begin(): Promise<readonly Promise<Channel>[]> {
    const begun: Promise<Channel>[] = []
    for (const tried of this.#tried) {
      if (this.#over.signal.aborted && begun.length > 0) break
      const dialled = this.#tryAddress(tried)
      begun.push(dialled)
      const isDecided = dialled.then(
        () => undefined,
        () => undefined,
      )
      await Promise.race([isDecided, this.#pause(HEAD_START_MS)])
    }
    return begun
  }

  /** Rejects with an Error whose message is the reason alone. */
  async #tryAddress(tried: Tried): Promise<Channel> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS)) {
      try {
        return await this.#tryOnce(tried)
      } catch (failure) {
        if (this.#over.signal.aborted) throw failure
        tried.reason = reasonOf(failure)
        if (!(failure instanceof DroppedError)) {
          tried.isBusy = false
          throw failure
        }
      }
      await this.#pause(pauseMs * (0.5 + Math.random() / 2))
    }
  }

  /** Resolves after so many ms, or at once when all is over. */
  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#over.signal }).catch(() => undefined)
  }

  async #tryOnce(tried: Tried): Promise<Channel> {
    const { purpose, secret, heartbeat } = this.#options
    const over = this.#over.signal
    const stream = await this.#openStream(tried)
    return await new Promise<Channel>((resolve, reject) => {
      const webSocket = new WebSocket(`ws://mpirun-ts${CHANNEL_PATH}`, {
        ...webSocketOptions,
        createConnection: () => stream,
        generateMask: (mask) => {
          mask.fill(0)
        },
      })
      const giveUp = (): void => {
        stream.destroy(new Error(String(over.reason)))
      }
      over.addEventListener('abort', giveUp)
      if (over.aborted) giveUp()
      const connection = webSocketConnection(webSocket, stream, 'dialer')
      runHandshake(
        connection,
        beginAsDialer(purpose),
        { jobKey: secret.jobKey, keyOf: () => secret.secret },
        {
          welcomed: () => {
            if (this.#chosen !== undefined) {
              stream.destroy(new DroppedError('another address was faster'))
              return
            }
            this.#chosen = stream
            webSocket.send(START_FRAME)
          },
          proven: () => {
            over.removeEventListener('abort', giveUp)
            this.#over.abort('another address was faster')
            resolve(new WebSocketChannel(connection, heartbeat))
          },
          refused: (reason, isMistaken) => {
            over.removeEventListener('abort', giveUp)
            if (this.#chosen === stream) this.#chosen = undefined
            reject(isMistaken ? new Error(`the listener ${reason}`) : new DroppedError(`the listener ${reason}`))
          },
        },
      )
    })
  }

  /** A connected socket; with TLS, one whose far end holds the key of the job's certificate. Nothing has been sent through it. */
  async #openStream(tried: Tried): Promise<Socket> {
    const { port, secret } = this.#options
    const over = this.#over.signal
    const target = isPath(tried.address) ? { path: tried.address } : { host: tried.address, port }
    // The certificate is made for this job and known by its fingerprint; names and authorities mean nothing here.
    const stream =
      secret.transport === 'tls'
        ? connectTls({ ...target, ...TLS_OPTIONS, rejectUnauthorized: false, checkServerIdentity: () => undefined })
        : connectTcp(target)
    stream.once('connect', () => {
      tried.isBusy = true
    })
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void => {
        over.removeEventListener('abort', giveUp)
        stream.on('error', () => undefined)
        stream.destroy()
        reject(mayPass(error) ? new DroppedError(reasonOf(error), { cause: error }) : error)
      }
      const giveUp = (): void => {
        fail(new Error(String(over.reason)))
      }
      over.addEventListener('abort', giveUp)
      if (over.aborted) return giveUp()
      stream.once('error', fail)
      stream.once(secret.transport === 'tls' ? 'secureConnect' : 'connect', () => {
        if ('getPeerCertificate' in stream && stream.getPeerCertificate().fingerprint256 !== secret.fingerprint) {
          fail(new Error('another program answered: its certificate is not the one of this job'))
          return
        }
        over.removeEventListener('abort', giveUp)
        stream.off('error', fail)
        resolve()
      })
    })
    return stream
  }

  #failure(cause?: unknown): UnreachableError {
    const { port, purpose, timeoutMs } = this.#options
    const over: unknown = this.#over.signal.reason
    const tried = this.#tried.map(({ address, isBusy, reason }) => {
      const host = address.includes(':') ? `[${address}]` : address
      const end = isPath(address) ? address : `${host}:${String(port)}`
      const still = typeof over === 'string' ? over : `no answer within ${String(timeoutMs / 2000)} s`
      return `${end} (${isBusy ? 'busy: ' : ''}${reason ?? still})`
    })
    return new UnreachableError(purpose, tried.length === 0 ? 'no address was given' : tried.join(', '), cause)
  }
}

function isPath(address: string): boolean {
  return address.startsWith('/')
}

/** Another try may go better: a connection that was taken and dropped, or too many open files on this side. */
function mayPass(error: Error): boolean {
  return 'code' in error && PASSING.has(String(error.code))
}

const PASSING: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  EADDRNOTAVAIL: 'address not available',
  ETIMEDOUT: 'no answer',
  EMFILE: 'too many open files',
}

function reasonOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  const code = 'code' in failure ? String(failure.code) : ''
  return REASONS[code] ?? failure.message
}
