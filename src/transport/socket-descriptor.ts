import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** What Node's sockets are above; `fd` is -1 where the system has none (Windows) or after the end. */
interface Handle {
  readonly fd?: number
}

/** The file descriptor of a plain socket. Undefined: bytes written to it would not be what the other side expects, or there is none. */
export function descriptorOf(stream: Socket): number | undefined {
  if (stream instanceof TLSSocket || stream.destroyed || !('_handle' in stream)) return undefined
  const { fd } = stream._handle as Handle
  return fd !== undefined && fd >= 0 ? fd : undefined
}

/** Calls `prepare` before the socket closes its file descriptor, which the system may then give to another file at once. */
export function beforeDescriptorCloses(stream: Socket, prepare: () => void): void {
  const destroy = stream._destroy.bind(stream)
  stream._destroy = (error, done) => {
    prepare()
    destroy(error, done)
  }
}
