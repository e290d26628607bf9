import { deferred } from '../base/deferred.ts'
import type { Channel, ChannelEnd } from './channel.ts'

/** A channel that carries control messages (wire/control-messages.ts) instead of bytes. Same guarantees as `Channel`. */
export interface ControlLink<Out, In> {
  send(message: Out): void
  /** To the other side and to all agents that it has started (launch/trunk.ts); absent where it has started none. */
  readonly sendToAll?: (message: Out) => void
  /** The other side is reached through an agent that has started it, whose sendToAll() reaches it. */
  readonly isBelow?: boolean
  onMessage(receive: (message: In) => void): void
  /** As Channel.onQuiet(); never called within one process. */
  onQuiet(quiet: (isQuiet: boolean) => void): void
  close(): void
  destroy(): void
  /** Bytes of messages that have not left this process yet. */
  readonly bufferedBytes: number
  readonly closed: Promise<ChannelEnd>
}

export interface ControlCodec<In> {
  encode(message: object): Uint8Array
  /** Throws where the bytes are no message of the other side: its message is the reason of the link's end. */
  decode(bytes: Uint8Array): In
}

/** Control messages over a channel between two processes. What the codec refuses ends the link at once: nothing behind it is read. */
export function channelControlLink<Out extends object, In>(
  channel: Channel,
  codec: ControlCodec<In>,
): ControlLink<Out, In> {
  const end = deferred<ChannelEnd>()
  let isOver = false
  void channel.closed.then(end.resolve)
  const refuse = (error: unknown): void => {
    isOver = true
    end.resolve({ by: 'lost', reason: error instanceof Error ? error.message : String(error) })
    channel.destroy()
  }
  const take = (frame: Uint8Array, receive: (message: In) => void): void => {
    if (isOver) return
    let message: In
    try {
      message = codec.decode(frame)
    } catch (error) {
      refuse(error)
      return
    }
    receive(message)
  }
  const { sendToAll } = channel
  return {
    send: (message) => channel.send(codec.encode(message)),
    ...(sendToAll === undefined ? {} : { sendToAll: (message: Out) => sendToAll(codec.encode(message)) }),
    isBelow: channel.isBelow === true,
    onMessage: (receive) => channel.onFrame((frame) => take(frame, receive)),
    onQuiet: (quiet) => channel.onQuiet?.(quiet),
    close: () => channel.close(),
    destroy: () => channel.destroy(),
    get bufferedBytes() {
      return channel.bufferedBytes
    },
    closed: end.promise,
  }
}

/** Two ends in one process: messages are handed over as they are, in order, one turn of the microtask queue later. */
export function directControlLinks<A, B>(): [ControlLink<A, B>, ControlLink<B, A>] {
  const end = deferred<ChannelEnd>()
  const there = new Mailbox<A>()
  const here = new Mailbox<B>()
  const close = (): void => end.resolve({ by: 'local', reason: 'closed' })
  const link = <Out, In>(out: Mailbox<Out>, incoming: Mailbox<In>): ControlLink<Out, In> => ({
    send: (message) => out.put(message),
    onMessage: (receive) => incoming.open(receive),
    onQuiet: () => undefined,
    close,
    destroy: close,
    bufferedBytes: 0,
    closed: end.promise,
  })
  return [link(there, here), link(here, there)]
}

class Mailbox<T> {
  readonly #waiting: T[] = []
  #receive: ((message: T) => void) | undefined

  put(message: T): void {
    this.#waiting.push(message)
    if (this.#waiting.length === 1) queueMicrotask(() => this.#deliver())
  }

  open(receive: (message: T) => void): void {
    this.#receive = receive
    queueMicrotask(() => this.#deliver())
  }

  #deliver(): void {
    if (this.#receive === undefined) return
    for (const message of this.#waiting.splice(0)) this.#receive(message)
  }
}
