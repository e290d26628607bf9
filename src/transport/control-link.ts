import { deferred } from '../base/deferred.ts'
import type { Channel, ChannelEnd } from './channel.ts'

/** A channel that carries control messages (wire/control-messages.ts) instead of bytes. Same guarantees as `Channel`. */
export interface ControlLink<Out, In> {
  send(message: Out): void
  onMessage(receive: (message: In) => void): void
  /** As Channel.onQuiet(); never called within one process. */
  onQuiet(quiet: (isQuiet: boolean) => void): void
  close(): void
  destroy(): void
  readonly closed: Promise<ChannelEnd>
}

export interface ControlCodec {
  encode(message: unknown): Uint8Array
  decode(bytes: Uint8Array): unknown
}

/** Control messages over a channel between two processes. */
export function channelControlLink<Out, In>(channel: Channel, codec: ControlCodec): ControlLink<Out, In> {
  return {
    send: (message) => channel.send(codec.encode(message)),
    // The peer proved that it is of this job and of this version, so its messages are of the union's shape.
    onMessage: (receive) => channel.onFrame((frame) => receive(codec.decode(frame) as In)),
    onQuiet: (quiet) => channel.onQuiet?.(quiet),
    close: () => channel.close(),
    destroy: () => channel.destroy(),
    closed: channel.closed,
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
