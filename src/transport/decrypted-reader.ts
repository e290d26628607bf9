import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Node takes the plaintext of one TLS record at a time out of OpenSSL (RFC 8446 §5.1: 2^14 bytes at most). */
const RECORD_BYTES = 16 * 1024

/** What Node's TLS sockets are above. It reads into memory of the caller's, as the `onread` option of `tls.connect` has it done. */
interface Handle {
  /** Plaintext in all, until now. */
  readonly bytesRead: number
  /** Called for each record, the end and errors. With useUserBuffer() it gets no memory. */
  onread: (this: Handle, bytes: ArrayBuffer | undefined) => unknown
  useUserBuffer(memory: Uint8Array): void
}

/**
 * Has Node decrypt what comes into the same memory again and again, which `take` reads at once: true when it has, false when the bytes are to go
 * through the stream. Node makes new memory of 16 KiB for each record otherwise, and a Buffer and an event. The `onread` option does the same, but
 * a socket that a listener has accepted cannot have it. Nothing changes where `stream` is not encrypted or Node has other insides.
 */
export function readDecrypted(stream: Socket, take: (bytes: Uint8Array) => boolean): void {
  const handle = handleOf(stream)
  if (handle === undefined) return
  const { onread } = handle
  const memory = Buffer.allocUnsafeSlow(RECORD_BYTES)
  let total = handle.bytesRead
  handle.onread = function readRecord(bytes) {
    const { bytesRead } = this
    const count = bytesRead - total
    total = bytesRead
    // Nothing was read: the end, or an error.
    if (count <= 0) return onread.call(this, bytes)
    if (take(memory.subarray(0, count))) return undefined
    return onread.call(this, memory.buffer.slice(0, count))
  }
  handle.useUserBuffer(memory)
}

function handleOf(stream: Socket): Handle | undefined {
  if (!(stream instanceof TLSSocket) || stream.destroyed || !('_handle' in stream)) return undefined
  const handle = stream._handle as Partial<Handle> | null
  const { bytesRead, onread, useUserBuffer } = handle ?? {}
  const isKnown = typeof bytesRead === 'number' && typeof onread === 'function' && typeof useUserBuffer === 'function'
  return isKnown ? (handle as Handle) : undefined
}
