import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { ExitStatus, MpirunError } from '../base/errors.ts'
import type { Channel, ChannelSecret } from './channel.ts'
import { beginAsDialer, START_FRAME } from './handshake.ts'
import type { HeartbeatOptions } from './heartbeat.ts'
import { TLS_OPTIONS } from './tls-options.ts'
import { WebSocketChannel } from './websocket-channel.ts'
import { CHANNEL_PATH, runHandshake, webSocketConnection, webSocketOptions } from './websocket-handshake.ts'

export interface DialOptions {
  /** All of them are tried side by side. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly secret: ChannelSecret
  /** Announced to the listener: 'control:<nodeId>' or 'data:<fromNodeId>'. */
  readonly purpose: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly heartbeat?: HeartbeatOptions
}

/** A busy listener may drop a connection before its handshake is done; that is worth these many ms of waiting, then another try. */
const RETRY_DELAYS_MS = [100, 200, 400]

/**
 * Opens a channel to a listener. The first address over which the whole handshake is done wins, the others are dropped; the listener
 * sees one channel.
 * @throws MpirunError ERR_HANDSHAKE (exit status 3) that gives every address with the reason why it was not that one.
 */
export async function dialChannel(options: DialOptions): Promise<Channel> {
  const race = new AbortController()
  const cancel = (): void => {
    race.abort('given up')
  }
  const timer = setTimeout(() => {
    race.abort(`no answer within ${String(options.timeoutMs / 1000)} s`)
  }, options.timeoutMs)
  options.signal?.addEventListener('abort', cancel)
  if (options.signal?.aborted === true) cancel()
  try {
    return await Promise.any(options.addresses.map((address) => dialAddress(address, options, race)))
  } catch (failure) {
    throw unreachable(options, failure)
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', cancel)
  }
}

/** The connection broke before it proved itself, without a reason that another try could not change. */
class DroppedError extends Error {}

/** Rejects with an Error whose message is the reason alone. `race` is aborted by the address that wins, and ends the others. */
async function dialAddress(address: string, options: DialOptions, race: AbortController): Promise<Channel> {
  for (const delayMs of [...RETRY_DELAYS_MS, 0]) {
    try {
      return await dialOnce(address, options, race)
    } catch (failure) {
      if (!(failure instanceof DroppedError) || delayMs === 0 || race.signal.aborted) throw failure
    }
    await delay(delayMs)
  }
  throw new Error('no attempt left')
}

async function dialOnce(address: string, options: DialOptions, race: AbortController): Promise<Channel> {
  const stream = await openStream(address, options, race.signal)
  return await new Promise<Channel>((resolve, reject) => {
    const webSocket = new WebSocket(`ws://mpirun-ts${CHANNEL_PATH}`, {
      ...webSocketOptions,
      createConnection: () => stream,
      generateMask: (mask) => {
        mask.fill(0)
      },
    })
    const giveUp = (): void => {
      stream.destroy(new Error(String(race.signal.reason)))
    }
    race.signal.addEventListener('abort', giveUp)
    if (race.signal.aborted) giveUp()
    const connection = webSocketConnection(webSocket, stream, 'dialer')
    runHandshake(connection, beginAsDialer(options.purpose), options.secret.secret, {
      proven() {
        race.signal.removeEventListener('abort', giveUp)
        if (race.signal.aborted) return
        race.abort('another address was faster')
        webSocket.send(START_FRAME)
        resolve(new WebSocketChannel(connection, options.heartbeat))
      },
      refused(reason) {
        race.signal.removeEventListener('abort', giveUp)
        reject(race.signal.aborted ? new Error(String(race.signal.reason)) : new DroppedError(`the listener ${reason}`))
      },
    })
  })
}

/** A connected socket; with TLS, one whose far end holds the key of the job's certificate. Nothing has been sent through it. */
async function openStream(address: string, options: DialOptions, signal: AbortSignal): Promise<Socket> {
  const { port, secret } = options
  const target = { host: address, port }
  // The certificate is made for this job and known by its fingerprint; names and authorities mean nothing here.
  const stream =
    secret.transport === 'tls'
      ? connectTls({
          ...target,
          ...TLS_OPTIONS,
          rejectUnauthorized: false,
          checkServerIdentity: () => undefined,
        })
      : connectTcp(target)
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', giveUp)
      stream.on('error', () => undefined)
      stream.destroy()
      reject(error)
    }
    const giveUp = (): void => {
      fail(new Error(String(signal.reason)))
    }
    signal.addEventListener('abort', giveUp)
    if (signal.aborted) return giveUp()
    stream.once('error', fail)
    stream.once(secret.transport === 'tls' ? 'secureConnect' : 'connect', () => {
      if ('getPeerCertificate' in stream && stream.getPeerCertificate().fingerprint256 !== secret.fingerprint) {
        fail(new Error('another program answered: its certificate is not the one of this job'))
        return
      }
      signal.removeEventListener('abort', giveUp)
      stream.off('error', fail)
      resolve()
    })
  })
  return stream
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  EADDRNOTAVAIL: 'address not available',
  ETIMEDOUT: 'no answer',
}

function reasonOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  const code = 'code' in failure ? String(failure.code) : ''
  return REASONS[code] ?? failure.message
}

function unreachable(options: DialOptions, failure: unknown): MpirunError {
  const { addresses, port, purpose } = options
  const reasons: readonly unknown[] = failure instanceof AggregateError ? failure.errors : [failure]
  const tried = addresses.map((address, index) => {
    const host = address.includes(':') ? `[${address}]` : address
    return `${host}:${String(port)} (${reasonOf(reasons[index])})`
  })
  const where = tried.length === 0 ? 'no address was given' : tried.join(', ')
  return new MpirunError('ERR_HANDSHAKE', `Cannot open the channel "${purpose}": ${where}`, {
    exitStatus: ExitStatus.nodeLost,
    cause: failure,
  })
}
