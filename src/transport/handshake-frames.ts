/**
 * Bytes of the handshake frames. All numbers big-endian.
 *
 *      0         4      5           9
 *     +---------+------+-----------+----------------------------------------+
 *     | "mpts"  | kind | version   | greeting: nonce                        |
 *     |         | u8   | u32       | hello:    nonce, proof, proof of being |
 *     |         |      |           |           of the job, purpose (rest)   |
 *     |         |      |           | welcome, mistaken: proof               |
 *     |         |      |           | start, ready: nothing                  |
 *     +---------+------+-----------+----------------------------------------+
 *
 * The first nine bytes never change: they let two versions tell each other apart.
 */
export type HandshakeFrame =
  | { readonly kind: 'greeting'; readonly version: number; readonly nonce: Uint8Array }
  | {
      readonly kind: 'hello'
      readonly version: number
      readonly nonce: Uint8Array
      readonly proof: Uint8Array
      readonly jobProof: Uint8Array
      readonly purpose: string
    }
  | { readonly kind: 'welcome' | 'mistaken'; readonly version: number; readonly proof: Uint8Array }
  | { readonly kind: 'start' | 'ready'; readonly version: number }

export const NONCE_BYTES = 32
const PROOF_BYTES = 32
const MAX_PURPOSE_BYTES = 200
const MAGIC = 'mpts'
const VERSION_OFFSET = 5
const HEADER_BYTES = 9
const NONCE_END = HEADER_BYTES + NONCE_BYTES
const PROOF_END = NONCE_END + PROOF_BYTES
const JOB_PROOF_END = PROOF_END + PROOF_BYTES
const KINDS = ['greeting', 'hello', 'welcome', 'start', 'ready', 'mistaken'] as const

/** Upper limit of a handshake frame; whoever sends more before it has proven itself is dropped. */
export const MAX_HANDSHAKE_FRAME_BYTES = 1024

export function encodeHandshakeFrame(frame: HandshakeFrame): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(MAGIC, 'latin1')
  header.writeUInt8(KINDS.indexOf(frame.kind), MAGIC.length)
  header.writeUInt32BE(frame.version, VERSION_OFFSET)
  switch (frame.kind) {
    case 'greeting':
      return Buffer.concat([header, frame.nonce])
    case 'hello':
      return Buffer.concat([header, frame.nonce, frame.proof, frame.jobProof, Buffer.from(frame.purpose)])
    case 'welcome':
    case 'mistaken':
      return Buffer.concat([header, frame.proof])
    case 'start':
    case 'ready':
      return header
  }
}

/** The version a handshake frame of any version was made by; `undefined` for other bytes. */
export function handshakeVersionOf(bytes: Uint8Array): number | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.byteLength < HEADER_BYTES || buffer.byteLength > MAX_HANDSHAKE_FRAME_BYTES) return undefined
  return buffer.toString('latin1', 0, MAGIC.length) === MAGIC ? buffer.readUInt32BE(VERSION_OFFSET) : undefined
}

/** `undefined` for anything that is not exactly one handshake frame of this version's layout. */
export function decodeHandshakeFrame(bytes: Uint8Array): HandshakeFrame | undefined {
  const version = handshakeVersionOf(bytes)
  if (version === undefined) return undefined
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = buffer.byteLength
  const kind = KINDS[buffer.readUInt8(MAGIC.length)]
  switch (kind) {
    case 'greeting':
      return size === NONCE_END
        ? { kind: 'greeting', version, nonce: buffer.subarray(HEADER_BYTES, NONCE_END) }
        : undefined
    case 'hello':
      if (size <= JOB_PROOF_END || size > JOB_PROOF_END + MAX_PURPOSE_BYTES) return undefined
      return {
        kind: 'hello',
        version,
        nonce: buffer.subarray(HEADER_BYTES, NONCE_END),
        proof: buffer.subarray(NONCE_END, PROOF_END),
        jobProof: buffer.subarray(PROOF_END, JOB_PROOF_END),
        purpose: buffer.toString('utf8', JOB_PROOF_END),
      }
    case 'welcome':
    case 'mistaken':
      return size === HEADER_BYTES + PROOF_BYTES ? { kind, version, proof: buffer.subarray(HEADER_BYTES) } : undefined
    case 'start':
    case 'ready':
      return size === HEADER_BYTES ? { kind, version } : undefined
    case undefined:
    default:
      return undefined
  }
}
