import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { ClientOptions, RawData, ServerOptions, WebSocket } from 'ws'
import { MAX_HANDSHAKE_FRAME_BYTES } from './handshake-frames.ts'
import { readDecrypted } from './decrypted-reader.ts'
import { DirectReader } from './direct-reader.ts'
import { FrameSplitter } from './frame-splitter.ts'
import { advanceHandshake, type HandshakeKeys, type HandshakeStart } from './handshake.ts'

/** Largest frame of a channel: 16 MiB of a message and room for its envelope. A larger one ends the channel. */
export const MAX_FRAME_BYTES: number = 16 * 1024 * 1024 + 4096

/** Path that a dialer asks for; whoever asks for another one is not of this job. */
export const CHANNEL_PATH = '/mpirun-ts'

/** A connection gets this much read before it has proven itself: the upgrade and the frames of the handshake. */
const MAX_UNPROVEN_BYTES = 8 * MAX_HANDSHAKE_FRAME_BYTES

/** A WebSocket with the socket below it, which a channel writes its data frames to. */
export interface WebSocketConnection {
  readonly webSocket: WebSocket
  /** Plain or TLS. */
  readonly stream: Socket
  readonly role: 'dialer' | 'listener'
  /** Between `stream` and `webSocket`, from the first frame on. */
  readonly splitter: FrameSplitter
  /**
   * From now on bytes go from the socket to the splitter without the queue, the events and the checks of a stream in between, as long as
   * nothing is queued there. `heard` is called for each piece, as listeners of 'data' are otherwise. The splitter's `data` must be done with a
   * piece when it returns: its memory is used again.
   */
  readShortly(heard: () => void): void
}

/** Puts a splitter in front of a WebSocket. Call it before the first frame can come, a dialer's before its upgrade is answered. */
export function webSocketConnection(
  webSocket: WebSocket,
  stream: Socket,
  role: 'dialer' | 'listener',
): WebSocketConnection {
  let forward: ((this: Socket, bytes: Uint8Array) => void) | undefined
  /** Pieces lie in memory that is used again, and ws keeps what it gets. */
  let isShort = false
  const splitter = new FrameSplitter(role, MAX_FRAME_BYTES, (bytes) =>
    forward?.call(stream, isShort ? Buffer.from(bytes) : bytes),
  )
  const onData = (chunk: Uint8Array): void => {
    splitter.push(chunk)
  }
  const takeOver = (): void => {
    // Of ws; it has just begun to listen.
    const listener = stream.listeners('data').at(-1)
    forward = listener as typeof forward
    if (listener !== undefined) stream.off('data', listener as (chunk: Buffer) => void)
    stream.on('data', onData)
  }
  // ws takes its listener away when it wants no more: after a bad frame or a close.
  let isStopped = false
  const stop = (): void => {
    isStopped = true
    stream.off('data', onData)
  }
  webSocket.on('error', stop)
  // ws gives its receiver what a paused stream still holds at the end; it would not know where the frame began.
  stream.prependListener('close', () => {
    const rest: unknown = stream.read()
    if (rest instanceof Uint8Array) splitter.push(rest)
  })
  if (webSocket.readyState === webSocket.OPEN) takeOver()
  else webSocket.prependOnceListener('open', takeOver)
  const readShortly = (heard: () => void): void => {
    const push = stream.push.bind(stream)
    const direct = new DirectReader(stream, splitter)
    const take = (chunk: Uint8Array): boolean => {
      if (isStopped || stream.readableFlowing !== true || stream.readableLength > 0) return false
      heard()
      splitter.push(chunk)
      direct.after(chunk)
      return true
    }
    isShort = true
    readDecrypted(stream, take)
    // What a stream's source calls for each piece (stream.Readable, "Implementing a readable stream").
    stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      return (chunk instanceof Uint8Array && take(chunk)) || push(chunk, encoding)
    }
  }
  return { webSocket, stream, role, splitter, readShortly }
}

/** How both sides set up `ws`. `closeTimeout` (ms until an unanswered close is ended) is missing in the types of ws 8.18. */
export const webSocketOptions: Pick<
  ClientOptions & ServerOptions,
  'perMessageDeflate' | 'skipUTF8Validation' | 'autoPong'
> & {
  readonly maxPayload: number
  readonly closeTimeout: number
} = {
  perMessageDeflate: false,
  skipUTF8Validation: true,
  maxPayload: MAX_FRAME_BYTES,
  // Nobody pings here, and who does so without end would fill the memory with answers that he does not read.
  autoPong: false,
  closeTimeout: 5000,
}

/** What comes of a handshake: proven() or refused(), once. */
export interface HandshakeOutcome {
  /** A step is done. */
  progress?(): void
  /** Of a dialer: the listener has proven itself; START_FRAME is to be sent if this is to be the channel. */
  welcomed?(): void
  /** Both sides are who they say they are. Frames that follow in the same packet are still to be delivered, so listen to them at once. */
  proven(purpose: string): void
  /** The connection is already destroyed. `isMistaken`: the other side is of this job, but not the one that was to be reached. */
  refused(reason: string, isMistaken: boolean): void
}

const NO_SESSION = new Uint8Array(0)
const SESSION_BYTES = 32

/** `tls-exporter` of RFC 9266 for an encrypted connection, which is open. */
function sessionOf(stream: Socket): Uint8Array {
  if (!(stream instanceof TLSSocket)) return NO_SESSION
  return stream.exportKeyingMaterial(SESSION_BYTES, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
}

/** Runs the handshake on a fresh connection. Whoever sets a deadline destroys `stream` with the reason as an error. */
export function runHandshake(
  connection: WebSocketConnection,
  start: HandshakeStart,
  keys: Omit<HandshakeKeys, 'session'>,
  outcome: HandshakeOutcome,
): void {
  const { webSocket, stream } = connection
  let { state } = start
  let isOver = false

  const onMessage = (message: RawData): void => {
    // What came before the connection broke: 'close' follows.
    if (!(message instanceof Uint8Array) || stream.destroyed) return
    const result = advanceHandshake(state, message, { ...keys, session: sessionOf(stream) })
    if (result.type === 'refused') {
      const end = (): void => refuse(result.reason, result.isMistaken === true)
      if (result.frame === undefined) end()
      else webSocket.send(result.frame, end)
      return
    }
    outcome.progress?.()
    if ('frame' in result) webSocket.send(result.frame)
    if (result.type === 'proven') {
      detach()
      outcome.proven(result.purpose)
      return
    }
    state = result.state
    if (result.type === 'welcomed') outcome.welcomed?.()
  }
  const onBytes = (): void => {
    // Called once more for the packet that ended the handshake, which may hold the first frames of the channel too.
    if (!isOver && stream.bytesRead > MAX_UNPROVEN_BYTES) refuse('sent too much before proving itself')
  }
  const onError = (error: Error): void => {
    refuse(error.message)
  }
  const onClose = (): void => {
    refuse('closed the connection before proving itself')
  }
  const detach = (): void => {
    isOver = true
    webSocket.off('message', onMessage).off('close', onClose).off('error', onError)
    stream.off('data', onBytes).off('error', onError)
  }
  const refuse = (reason: string, isMistaken = false): void => {
    if (isOver) return
    detach()
    // The rest of what this connection still reports is of no interest, but an 'error' without a listener ends the program.
    webSocket.on('error', () => undefined)
    stream.on('error', () => undefined)
    webSocket.terminate()
    outcome.refused(reason, isMistaken)
  }

  webSocket.on('message', onMessage).on('close', onClose).on('error', onError)
  stream.on('error', onError)
  // Behind the splitter, so that the frame that ends the handshake has been seen before what follows it in the same packet is counted.
  const countBytes = (): void => {
    if (!isOver) stream.on('data', onBytes)
  }
  if (webSocket.readyState === webSocket.OPEN) countBytes()
  else webSocket.once('open', countBytes)
  if (start.frame !== undefined) webSocket.send(start.frame)
}
