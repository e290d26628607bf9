/**
 * Bytes in front of one unfragmented binary WebSocket frame (RFC 6455 §5.2):
 *
 *     0x82 | mask bit, length (7 bits)              up to 125 bytes
 *     0x82 | mask bit, 126 | length u16             up to 65,535 bytes
 *     0x82 | mask bit, 127 | length u64             more
 *     … and from the dialer four bytes of mask
 *
 * The mask is zero, so that the bytes of the frame stay as they are: masking in JavaScript costs three quarters of the bandwidth, and
 * what it is for (confusing proxies, RFC 6455 §10.3) does not concern two ends that hold the same secret.
 */
const FINAL_BINARY = 0x82
const MASKED = 0x80
const LENGTH_U16 = 126
const LENGTH_U64 = 127
const MAX_SHORT_LENGTH = 125
const MAX_U16_LENGTH = 0xffff
const MASK_BYTES = 4
export const LONGEST_HEADER_BYTES: number = 2 + 8 + MASK_BYTES

function headerBytesOf(bytes: number, isMasked: boolean): number {
  const lengthBytes = bytes <= MAX_SHORT_LENGTH ? 0 : bytes <= MAX_U16_LENGTH ? 2 : 8
  return 2 + lengthBytes + (isMasked ? MASK_BYTES : 0)
}

/** Writes the header of a frame of `bytes` bytes in front of `end`; returns where it begins. `isMasked`: from the dialer. */
export function writeDataFrameHeader(buffer: Uint8Array, end: number, bytes: number, isMasked: boolean): number {
  const start = end - headerBytesOf(bytes, isMasked)
  const maskBit = isMasked ? MASKED : 0
  buffer[start] = FINAL_BINARY
  if (bytes <= MAX_SHORT_LENGTH) {
    buffer[start + 1] = maskBit | bytes
  } else {
    const isLong = bytes > MAX_U16_LENGTH
    buffer[start + 1] = maskBit | (isLong ? LENGTH_U64 : LENGTH_U16)
    let rest = bytes
    for (let at = start + (isLong ? 9 : 3); at > start + 1; at--) {
      buffer[at] = rest & 0xff
      rest = Math.floor(rest / 256)
    }
  }
  if (isMasked) buffer.fill(0, end - MASK_BYTES, end)
  return start
}

/** The header of a frame of `bytes` bytes, with `room` more bytes behind it for the frame itself. `isMasked`: from the dialer. */
export function dataFrameHeader(bytes: number, isMasked: boolean, room = 0): { buffer: Buffer; headerBytes: number } {
  const headerBytes = headerBytesOf(bytes, isMasked)
  const buffer = Buffer.allocUnsafe(headerBytes + room)
  writeDataFrameHeader(buffer, headerBytes, bytes, isMasked)
  return { buffer, headerBytes }
}

/** Header and parts of a small frame in one piece of memory. `bytes`: the sum of the parts' lengths. */
export function joinFrame(parts: readonly Uint8Array[], bytes: number, isMasked: boolean): Buffer {
  const { buffer, headerBytes } = dataFrameHeader(bytes, isMasked, bytes)
  let offset = headerBytes
  for (const part of parts) {
    buffer.set(part, offset)
    offset += part.byteLength
  }
  return buffer
}
