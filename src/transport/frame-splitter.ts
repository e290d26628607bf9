import type { Place } from './channel.ts'

const FINAL_BINARY = 0x82
const MASKED = 0x80
const LENGTH_BITS = 0x7f
const LENGTH_U16 = 126
const LENGTH_U64 = 127
const MASK_BYTES = 4
const LONGEST_HEADER = 14

/**
 * Stands in front of the receiver of `ws` and follows where frames begin and end (RFC 6455 §5.2). Unfragmented binary frames that are not
 * really masked go to `data` in the pieces in which they arrive, when somebody wants them so; everything else goes to `others`
 * as it is: control frames, errors, and all frames until then. `ws` would copy each frame together first.
 */
export class FrameSplitter {
  /** Gets the bytes of data frames; looked at whenever a frame begins. */
  data: ((piece: Uint8Array) => void) | undefined
  /** Memory for the next bytes of data frames. */
  place: Place | undefined
  readonly #others: (bytes: Uint8Array) => void
  readonly #mostBytes: number
  readonly #maskBit: number
  /** A header of which not all bytes have come. */
  readonly #header = Buffer.alloc(LONGEST_HEADER)
  #headerBytes = 0
  /** Bytes of the present frame that are still to come, and who gets them. */
  #left = 0
  #sink: ((piece: Uint8Array) => void) | undefined

  /** `mostBytes`: longer frames go to `others`, which refuses them. */
  constructor(role: 'dialer' | 'listener', mostBytes: number, others: (bytes: Uint8Array) => void) {
    // The dialer's frames are masked, the listener's are not.
    this.#maskBit = role === 'listener' ? MASKED : 0
    this.#mostBytes = mostBytes
    this.#others = others
  }

  /** Where the next bytes of the connection may be put, none of them beyond the present data frame; null: they are to be pushed. */
  next(): Uint8Array | null {
    if (this.#left === 0 || this.#sink === undefined || this.#sink !== this.data) return null
    const memory = this.place?.next() ?? null
    return memory !== null && memory.length > this.#left ? memory.subarray(0, this.#left) : memory
  }

  /** The first `count` bytes of next() have come. */
  came(count: number): void {
    this.#left -= count
    this.place?.came(count)
  }

  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#left > 0) at = this.#body(chunk, at)
      else if (this.#headerBytes > 0) at = this.#spreadHeader(chunk, at)
      else at = this.#frame(chunk, at)
    }
  }

  #body(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#left)
    this.#left -= end - at
    const sink = this.#sink ?? this.#others
    sink(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end))
    return end
  }

  /** A frame begins at `at`. Frames for `others` are handed over together, as far as they lie side by side. */
  #frame(chunk: Uint8Array, at: number): number {
    let end = at
    while (end < chunk.length) {
      const headerBytes = headerLength(chunk, end)
      if (headerBytes === 0 || end + headerBytes > chunk.length) {
        this.#header.set(chunk.subarray(end))
        this.#headerBytes = chunk.length - end
        if (end > at) this.#others(chunk.subarray(at, end))
        return chunk.length
      }
      const bytes = frameLength(chunk, end)
      if (this.#isData(chunk, end, headerBytes, bytes)) {
        if (end > at) this.#others(chunk.subarray(at, end))
        this.#begin(bytes, true)
        return end + headerBytes
      }
      if (end + headerBytes + bytes > chunk.length) {
        this.#begin(bytes - (chunk.length - end - headerBytes), false)
        end = chunk.length
      } else end += headerBytes + bytes
    }
    this.#others(chunk.subarray(at, end))
    return end
  }

  #spreadHeader(chunk: Uint8Array, at: number): number {
    const header = this.#header
    header[this.#headerBytes++] = chunk[at] as number
    const known = header.subarray(0, this.#headerBytes)
    if (headerLength(known, 0) !== this.#headerBytes) return at + 1
    const bytes = frameLength(known, 0)
    const isData = this.#isData(known, 0, this.#headerBytes, bytes)
    this.#headerBytes = 0
    this.#begin(bytes, isData)
    if (!isData) this.#others(Buffer.from(known))
    return at + 1
  }

  #begin(bytes: number, isData: boolean): void {
    this.#left = bytes
    this.#sink = isData ? this.data : undefined
  }

  #isData(chunk: Uint8Array, at: number, headerBytes: number, bytes: number): boolean {
    if (this.data === undefined || chunk[at] !== FINAL_BINARY || bytes > this.#mostBytes) return false
    if (((chunk[at + 1] as number) & MASKED) !== this.#maskBit) return false
    const mask = at + headerBytes - MASK_BYTES
    return (
      this.#maskBit === 0 ||
      (chunk[mask] === 0 && chunk[mask + 1] === 0 && chunk[mask + 2] === 0 && chunk[mask + 3] === 0)
    )
  }
}

/** Of the frame at `at`; 0 as long as the byte that tells has not come. */
function headerLength(chunk: Uint8Array, at: number): number {
  const second = chunk[at + 1]
  if (second === undefined) return 0
  const length = second & LENGTH_BITS
  const lengthBytes = length === LENGTH_U64 ? 8 : length === LENGTH_U16 ? 2 : 0
  return 2 + lengthBytes + ((second & MASKED) === 0 ? 0 : MASK_BYTES)
}

function frameLength(chunk: Uint8Array, at: number): number {
  const length = (chunk[at + 1] as number) & LENGTH_BITS
  if (length < LENGTH_U16) return length
  let bytes = 0
  const last = at + (length === LENGTH_U16 ? 4 : 10)
  for (let i = at + 2; i < last; i++) bytes = bytes * 256 + (chunk[i] as number)
  return bytes
}
