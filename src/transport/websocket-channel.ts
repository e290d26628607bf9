import type { RawData } from 'ws'
import { deferred } from '../base/deferred.ts'
import { isAcknowledged } from './acknowledged.ts'
import type { Channel, ChannelEnd, Place, SharedSocket, SocketTurn } from './channel.ts'
import { defaultHeartbeat, type Heartbeat, type HeartbeatOptions, startHeartbeat } from './heartbeat.ts'
import { dataFrameHeader, joinFrame } from '../wire/websocket-frame.ts'
import { beforeDescriptorCloses, descriptorOf } from './socket-descriptor.ts'
import { MAX_FRAME_BYTES, type WebSocketConnection } from './websocket-handshake.ts'

/** Frames up to this size are copied together; of larger ones the parts are handed to the system as they are. */
const JOINED_FRAME_BYTES = 4096
/** Frames of one turn of the event loop leave together, or as soon as this much has been collected. */
const CORKED_BYTES = 32 * 1024
/** The same for lent frames, which leave at once: below it one copy is cheaper than two pieces. */
const JOINED_LENT_BYTES = 16 * 1024
/** Without a receiver, reading stops when this much has been kept for it. */
const KEPT_BYTES = 1024 * 1024
/** WebSocket status of a close in order (RFC 6455 §7.4.1). */
const CLOSED_IN_ORDER = 1000
/** ws reports this when the connection ended without a close frame. */
const CONNECTION_BROKE = 1006
/** Who writes to the socket in its turn has this long to end it when the socket is closed: far more than a write takes. */
const TURN_END_MS = 1000

/**
 * A channel over a connection that has proven itself. `ws` reads, and answers closes; data frames are written straight to
 * the socket below it, because `ws` sends several parts only as fragments, which its receiver copies together once more. Measured for
 * 48 B + 64 KiB over loopback: 1.4 GB/s, against 0.9 GB/s as fragments and 1.2 GB/s when joined before.
 */
export class WebSocketChannel implements Channel, SharedSocket {
  readonly socket: SharedSocket = this
  readonly closed: Promise<ChannelEnd>
  readonly #resolveClosed: (end: ChannelEnd) => void
  readonly #connection: WebSocketConnection
  readonly #heartbeat: Heartbeat
  #receive: ((frame: Uint8Array) => void) | undefined
  #kept: Uint8Array[] = []
  #keptBytes = 0
  #isPaused = false
  #isCorked = false
  #corkedBytes = 0
  #drained: (() => void) | undefined
  #quiet: ((isQuiet: boolean) => void) | undefined
  #isDrainDue = false
  /** Why the channel is ending, from the moment somebody knows. */
  #end: ChannelEnd | undefined
  #hasEnded = false
  /** Where others write to the socket, too. */
  #turn: SocketTurn | undefined
  /** Frames that came when it was not the channel's turn. */
  #held: Buffer[] = []

  constructor(connection: WebSocketConnection, heartbeat: HeartbeatOptions = defaultHeartbeat) {
    const { promise, resolve } = deferred<ChannelEnd>()
    this.closed = promise
    this.#resolveClosed = resolve
    this.#connection = connection
    const { webSocket, stream } = connection
    this.#heartbeat = startHeartbeat(
      {
        isPaused: () => webSocket.isPaused,
        // A pong nobody asked for is a heartbeat in one direction (RFC 6455 §5.5.3).
        beat: () => {
          // Where others write to the socket just now, the other side hears them.
          if (this.mayBegin()) webSocket.pong(undefined, undefined, this.#afterWrite)
        },
        isAcknowledged: () => isAcknowledged(stream),
        quiet: (isQuiet) => this.#quiet?.(isQuiet),
        lost: (reason) => {
          this.#lose(reason)
        },
      },
      heartbeat,
    )
    stream.on('data', () => {
      this.#heartbeat.heard()
    })
    stream.on('error', (error) => {
      this.#end ??= { by: 'lost', reason: error.message }
    })
    stream.on('drain', this.#afterWrite)
    webSocket.on('message', (message, isBinary) => {
      this.#arrive(message, isBinary)
    })
    webSocket.on('error', (error) => {
      this.#lose(error.message)
    })
    webSocket.on('close', (status) => {
      this.#connectionClosed(status)
    })
  }

  get bufferedBytes(): number {
    const bytes = this.#connection.stream.writableLength
    if (bytes > 0) this.#isDrainDue = true
    return bytes
  }

  send(...parts: readonly Uint8Array[]): void {
    const { webSocket, stream, role } = this.#connection
    if (this.#end !== undefined || webSocket.readyState !== webSocket.OPEN) return
    let bytes = 0
    for (const part of parts) bytes += part.byteLength
    if (bytes > MAX_FRAME_BYTES) {
      this.#lose(`a frame of ${String(bytes)} bytes was to be sent; the limit is ${String(MAX_FRAME_BYTES)}`)
      return
    }
    if (!this.mayBegin()) {
      this.#held.push(joinFrame(parts, bytes, role === 'dialer'))
      return
    }
    this.#cork()
    if (bytes <= JOINED_FRAME_BYTES) {
      stream.write(joinFrame(parts, bytes, role === 'dialer'), this.#afterWrite)
    } else {
      stream.write(dataFrameHeader(bytes, role === 'dialer').buffer)
      for (const part of parts) if (part.byteLength > 0) stream.write(part, this.#afterWrite)
    }
    this.#corkedBytes += bytes
    if (this.#corkedBytes >= CORKED_BYTES) this.#uncork()
  }

  lend(frame: Uint8Array): boolean {
    const { webSocket, stream, role } = this.#connection
    if (this.#end !== undefined || webSocket.readyState !== webSocket.OPEN) return true
    this.#flush()
    if (frame.byteLength <= JOINED_LENT_BYTES) {
      stream.write(joinFrame([frame], frame.byteLength, role === 'dialer'), this.#afterWrite)
      this.#giveTurn()
      return true
    }
    stream.cork()
    stream.write(dataFrameHeader(frame.byteLength, role === 'dialer').buffer)
    stream.write(frame, this.#afterWrite)
    stream.uncork()
    return this.#hasLeft()
  }

  /** Node offers a write to the system at once; what it has taken is not counted any more. */
  #hasLeft(): boolean {
    if (this.#connection.stream.writableLength === 0) {
      this.#giveTurn()
      return true
    }
    this.#isDrainDue = true
    return false
  }

  share(turn: SocketTurn): boolean {
    const { stream, role } = this.#connection
    const socket = descriptorOf(stream)
    if (socket === undefined || this.#end !== undefined) return false
    beforeDescriptorCloses(stream, () => {
      turn.close(TURN_END_MS)
    })
    this.#turn = turn
    turn.take()
    turn.open(socket, role === 'dialer')
    this.#giveTurn()
    return true
  }

  mayBegin(): boolean {
    return this.#turn === undefined || (this.#held.length === 0 && this.#turn.take())
  }

  goOn(): void {
    if (this.#turn?.take() !== true) return
    const { stream } = this.#connection
    for (const frame of this.#held.splice(0)) stream.write(frame, this.#afterWrite)
    this.#giveTurn()
  }

  lendRest(rest: Uint8Array): boolean {
    this.#turn?.takeRest()
    this.#connection.stream.write(rest, this.#afterWrite)
    return this.#hasLeft()
  }

  #giveTurn(): void {
    if (this.#turn === undefined || this.#isCorked || this.#connection.stream.writableLength > 0) return
    if (this.#held.length === 0) this.#turn.give()
  }

  onDrain(drained: () => void): void {
    this.#drained = drained
  }

  onQuiet(quiet: (isQuiet: boolean) => void): void {
    this.#quiet = quiet
  }

  readonly #afterWrite = (): void => {
    if (this.#connection.stream.writableLength > 0) return
    this.#giveTurn()
    if (!this.#isDrainDue) return
    this.#isDrainDue = false
    this.#drained?.()
  }

  onPieces(receive: (piece: Uint8Array) => void, place?: Place): void {
    this.#receive = receive
    if (place !== undefined) this.#connection.splitter.place = this.#guarded(place)
    this.#connection.splitter.data = (piece) => {
      this.#take(piece)
    }
    this.#connection.readShortly(() => {
      this.#heartbeat.heard()
    })
    this.#deliverKeptLater()
  }

  /** A place that has room only where #take() would hand bytes over at once. */
  #guarded(place: Place): Place {
    return {
      next: () => (this.#end !== undefined || this.#isPaused || this.#kept.length > 0 ? null : place.next()),
      came: (count) => {
        place.came(count)
      },
    }
  }

  onFrame(receive: (frame: Uint8Array) => void): void {
    this.#receive = receive
    this.#deliverKeptLater()
  }

  pause(): void {
    this.#isPaused = true
    this.#connection.webSocket.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#deliverKeptLater()
  }

  close(): void {
    const { webSocket } = this.#connection
    this.#forgetKept()
    if (webSocket.readyState === webSocket.CLOSED) this.#finish(this.#end)
    if (this.#end !== undefined) return
    this.#end = { by: 'local', reason: 'closed by this side' }
    if (webSocket.readyState !== webSocket.OPEN) return
    // ws allows the close only closeTimeout from the call on, so it is called when everything before it has left.
    this.#uncork()
    webSocket.resume()
    webSocket.pong(undefined, undefined, () => {
      webSocket.close(CLOSED_IN_ORDER)
    })
  }

  destroy(): void {
    this.#end ??= { by: 'local', reason: 'ended at once by this side' }
    this.#connection.webSocket.terminate()
    this.#finish(this.#end)
  }

  #lose(reason: string): void {
    this.#end ??= { by: 'lost', reason }
    this.#connection.webSocket.terminate()
  }

  #arrive(message: RawData, isBinary: boolean): void {
    if (isBinary && message instanceof Uint8Array) this.#take(message)
    else if (this.#end === undefined) this.#lose('a frame arrived that is not binary')
  }

  #take(bytes: Uint8Array): void {
    if (this.#end !== undefined) return
    if (this.#receive === undefined || this.#isPaused || this.#kept.length > 0) {
      // A copy: the memory of pieces is used again.
      this.#kept.push(new Uint8Array(bytes))
      this.#keptBytes += bytes.byteLength
      if (this.#keptBytes > KEPT_BYTES) this.#connection.webSocket.pause()
    } else {
      this.#receive(bytes)
    }
  }

  #deliverKeptLater(): void {
    queueMicrotask(() => {
      while (this.#receive !== undefined && !this.#isPaused) {
        const frame = this.#kept.shift()
        if (frame === undefined) break
        this.#keptBytes -= frame.byteLength
        this.#receive(frame)
      }
      if (this.#isPaused || this.#kept.length > 0) return
      if (this.#connection.webSocket.readyState === this.#connection.webSocket.CLOSED) this.#finish(this.#end)
      else this.#connection.webSocket.resume()
    })
  }

  #forgetKept(): void {
    this.#kept = []
    this.#keptBytes = 0
  }

  #connectionClosed(status: number): void {
    this.#end ??=
      status === CLOSED_IN_ORDER
        ? { by: 'peer', reason: 'closed by the other side' }
        : { by: 'lost', reason: brokenBy(status) }
    // What the other side sent before it closed is still delivered.
    if (this.#end.by !== 'peer' || this.#kept.length === 0) this.#finish(this.#end)
  }

  #finish(end: ChannelEnd | undefined): void {
    if (this.#hasEnded || end === undefined) return
    this.#hasEnded = true
    this.#heartbeat.stop()
    this.#forgetKept()
    this.#resolveClosed(end)
  }

  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#corkedBytes = 0
    this.#connection.stream.cork()
    process.nextTick(() => {
      this.#uncork()
    })
  }

  #uncork(): void {
    this.#flush()
    this.#giveTurn()
  }

  /** Hands over what was collected; the turn stays the channel's, for what follows. */
  #flush(): void {
    if (!this.#isCorked) return
    this.#isCorked = false
    this.#connection.stream.uncork()
  }
}

function brokenBy(status: number): string {
  if (status === CONNECTION_BROKE) return 'the connection broke'
  return `the other side ended the connection with WebSocket status ${String(status)}`
}
