/** Below this a loop beats the making of two subarrays (measured: about 60 bytes on Node 20). */
const LOOP_BYTES = 64
/** From here on fill() beats set() where one side is shared memory (measured); earlier where set() goes byte by byte. */
const FILL_BYTES = 4096
const UNALIGNED_FILL_BYTES = 512
/** set() copies words of so many bytes where both sides are aligned alike. */
const WORD_BYTES = 8

/**
 * Buffer.fill() with a view as long as the range is one memcpy. TypedArray.set() from or to shared memory is a loop of relaxed atomic words,
 * which takes up to twice as long (docs/collectives.md, "Copies"), and of bytes where the two sides are aligned differently: 20 µs for 64 KiB
 * where memcpy takes 1.7.
 */
const fill = Buffer.prototype.fill as (this: Uint8Array, value: Uint8Array, from: number, to: number) => Uint8Array

/** Copies `bytes` bytes; between shared and unshared memory. */
export function copyBytes(from: Uint8Array, fromOffset: number, to: Uint8Array, toOffset: number, bytes: number): void {
  if (bytes <= LOOP_BYTES) {
    for (let i = 0; i < bytes; i++) to[toOffset + i] = from[fromOffset + i] as number
    return
  }
  // To make a view takes as long as to copy 1 KiB.
  const isWhole = fromOffset === 0 && bytes === from.length
  const part = isWhole ? from : from.subarray(fromOffset, fromOffset + bytes)
  const shift = (part.byteOffset - to.byteOffset - toOffset) % WORD_BYTES
  // Within one buffer the ranges may overlap, and memcpy must not see that.
  const isFill = bytes >= (shift === 0 ? FILL_BYTES : UNALIGNED_FILL_BYTES) && from.buffer !== to.buffer
  if (isFill) fill.call(to, part, toOffset, toOffset + part.length)
  else to.set(part, toOffset)
}

/** A typed array of any type. */
interface Elements extends ArrayBufferView {
  readonly BYTES_PER_ELEMENT: number
  [index: number]: unknown
  set(source: never, at?: number): void
  subarray(from: number, to: number): ArrayBufferView
}

/** Copies a view to one of the same type that is at least as long; between shared and unshared memory. */
export function copyView(from: Elements, to: Elements): void {
  const bytes = from.byteLength
  if (bytes < FILL_BYTES) to.set(from as never)
  else copyBytes(bytesOf(from), 0, bytesOf(to), 0, bytes)
}

/** Below this a loop beats `set` (measured). */
const LOOP_ELEMENTS = 16

/** Copies elements `at` … `at + count - 1` of a view to those from `into` on of one of the same type; between shared and unshared memory. */
export function copyElements(to: Elements, into: number, from: Elements, at: number, count: number): void {
  if (count <= LOOP_ELEMENTS) {
    for (let i = 0; i < count; i += 1) to[into + i] = from[at + i]
    return
  }
  const size = from.BYTES_PER_ELEMENT
  const bytes = count * size
  const [fromOffset, toOffset] = [from.byteOffset + at * size, to.byteOffset + into * size]
  const least = (fromOffset - toOffset) % WORD_BYTES === 0 ? FILL_BYTES : UNALIGNED_FILL_BYTES
  if (bytes < least || from.buffer === to.buffer) return to.set(from.subarray(at, at + count) as never, into)
  fill.call(new Uint8Array(to.buffer, toOffset, bytes), new Uint8Array(from.buffer, fromOffset, bytes), 0, bytes)
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
