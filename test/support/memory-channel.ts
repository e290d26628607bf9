import { deferred } from '../../src/base/deferred.ts'
import type { Channel, ChannelEnd } from '../../src/transport/channel.ts'

/**
 * Two channels in one thread, each the other's far end: the coordinator and the agent of its own node. Same contract as the network
 * channel. Frames are copied when sent and arrive in a later turn of the event loop: turns rather than microtasks, so that two
 * sides that answer each other for ever cannot keep timers, sockets and signals from being served.
 */
export function memoryChannelPair(): [Channel, Channel] {
  const left = new MemoryChannel()
  const right = new MemoryChannel()
  left.connect(right)
  right.connect(left)
  return [left, right]
}

class MemoryChannel implements Channel {
  readonly closed: Promise<ChannelEnd>
  readonly #resolveClosed: (end: ChannelEnd) => void
  #peer: MemoryChannel | undefined
  #receive: ((frame: Uint8Array) => void) | undefined
  #drained: (() => void) | undefined
  #arrived: Uint8Array[] = []
  #arrivedBytes = 0
  #peerHasClosed = false
  #isOpen = true
  #isPaused = false
  #isDeliveryDue = false

  constructor() {
    const { promise, resolve } = deferred<ChannelEnd>()
    this.closed = promise
    this.#resolveClosed = resolve
  }

  connect(peer: MemoryChannel): void {
    this.#peer = peer
  }

  get bufferedBytes(): number {
    return this.#peer?.undeliveredBytes ?? 0
  }

  get undeliveredBytes(): number {
    return this.#arrivedBytes
  }

  send(...parts: readonly Uint8Array[]): void {
    if (this.#isOpen) this.#peer?.arrive(Buffer.concat(parts))
  }

  arrive(frame: Uint8Array): void {
    if (!this.#isOpen) return
    this.#arrived.push(frame)
    this.#arrivedBytes += frame.byteLength
    this.#deliverLater()
  }

  onFrame(receive: (frame: Uint8Array) => void): void {
    this.#receive = receive
    this.#deliverLater()
  }

  onPieces(receive: (piece: Uint8Array) => void): void {
    this.onFrame(receive)
  }

  lend(frame: Uint8Array): boolean {
    this.send(frame)
    return true
  }

  onDrain(drained: () => void): void {
    this.#drained = drained
  }

  /** The far end has taken everything. */
  hasDrained(): void {
    this.#drained?.()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#deliverLater()
  }

  close(): void {
    if (!this.#isOpen) return
    this.#peer?.peerClosed()
    this.#end({ by: 'local', reason: 'closed by this side' })
  }

  destroy(): void {
    if (!this.#isOpen) return
    this.#peer?.peerDestroyed()
    this.#end({ by: 'local', reason: 'ended at once by this side' })
  }

  peerClosed(): void {
    this.#peerHasClosed = true
    this.#deliverLater()
  }

  peerDestroyed(): void {
    setImmediate(() => {
      this.#end({ by: 'lost', reason: 'the other side ended the channel at once' })
    })
  }

  #deliverLater(): void {
    if (this.#isDeliveryDue) return
    this.#isDeliveryDue = true
    setImmediate(() => {
      this.#isDeliveryDue = false
      this.#deliver()
    })
  }

  /** Only what is here now: frames that the receiver causes wait for the next turn. */
  #deliver(): void {
    let remaining = this.#arrived.length
    while (this.#isOpen && !this.#isPaused && this.#receive !== undefined && remaining > 0) {
      const frame = this.#arrived.shift()
      if (frame === undefined) break
      remaining -= 1
      this.#arrivedBytes -= frame.byteLength
      this.#receive(frame)
    }
    if (this.#arrived.length === 0) this.#peer?.hasDrained()
    if (this.#arrived.length === 0 && this.#peerHasClosed) {
      this.#end({ by: 'peer', reason: 'closed by the other side' })
    } else if (!this.#isPaused && this.#receive !== undefined && this.#arrived.length > 0) {
      this.#deliverLater()
    }
  }

  #end(end: ChannelEnd): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#arrived = []
    this.#arrivedBytes = 0
    this.#resolveClosed(end)
  }
}
