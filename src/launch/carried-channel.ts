import { deferred } from '../base/deferred.ts'
import type { Channel, ChannelEnd } from '../transport/channel.ts'

/** How a carried channel reaches its other side. */
export interface Carrier {
  send(parts: readonly Uint8Array[]): void
  close(): void
  destroy(): void
  readonly bufferedBytes: number
}

/** A control channel that another one carries, with other ones, to or from an agent that has started others (wire/tree-frame.ts). */
export class CarriedChannel implements Channel {
  /** To the other side and to all that it carries channels of. */
  readonly sendToAll?: (...parts: readonly Uint8Array[]) => void
  /** The other side is not the end of what carries it: sendToAll() of that one reaches it. */
  readonly isBelow: boolean
  readonly #carrier: Carrier
  readonly #closed = deferred<ChannelEnd>()
  readonly closed: Promise<ChannelEnd> = this.#closed.promise
  readonly #early: Uint8Array[] = []
  #receive: ((frame: Uint8Array) => void) | undefined
  #quiet: (isQuiet: boolean) => void = () => undefined
  #isOver = false

  constructor(carrier: Carrier, isBelow: boolean, sendToAll?: (parts: readonly Uint8Array[]) => void) {
    this.#carrier = carrier
    this.isBelow = isBelow
    if (sendToAll !== undefined) this.sendToAll = (...parts) => sendToAll(parts)
  }

  get bufferedBytes(): number {
    return this.#carrier.bufferedBytes
  }

  send(...parts: readonly Uint8Array[]): void {
    if (!this.#isOver) this.#carrier.send(parts)
  }

  onFrame(receive: (frame: Uint8Array) => void): void {
    this.#receive = receive
    for (const frame of this.#early.splice(0)) receive(frame)
  }

  onQuiet(quiet: (isQuiet: boolean) => void): void {
    this.#quiet = quiet
  }

  close(): void {
    if (this.#isOver) return
    this.#carrier.close()
    this.end({ by: 'local', reason: 'closed' })
  }

  destroy(): void {
    if (this.#isOver) return
    this.#carrier.destroy()
    this.end({ by: 'local', reason: 'destroyed' })
  }

  /** A frame has come from the other side. */
  arrived(frame: Uint8Array): void {
    if (this.#isOver) return
    if (this.#receive === undefined) this.#early.push(frame)
    else this.#receive(frame)
  }

  becameQuiet(isQuiet: boolean): void {
    this.#quiet(isQuiet)
  }

  end(end: ChannelEnd): void {
    this.#isOver = true
    this.#closed.resolve(end)
  }

  // What carries it has its own control of flow.
  pause(): void {}
  resume(): void {}
  onDrain(): void {}

  onPieces(): never {
    throw new Error('a control channel is read frame by frame')
  }

  lend(): never {
    throw new Error('a control channel keeps what it is to send')
  }
}
