import { recordBytes } from '../../wire/record.ts'

const SEGMENT_BYTES = 64 * 1024

interface Segment {
  readonly bytes: Uint8Array
  from: number
  to: number
}

/** Whole records in the order of their arrival, in memory of its own. */
export class RecordQueue {
  readonly #segments: Segment[] = []
  /** Bytes of the records that wait. */
  bytes = 0

  get isEmpty(): boolean {
    return this.#segments.length === 0
  }

  /** Copies the records between `from` and `to`. */
  append(records: Uint8Array, from: number, to: number): void {
    const count = to - from
    let last = this.#segments.at(-1)
    if (last === undefined || last.bytes.length - last.to < count) {
      const bytes = Buffer.allocUnsafeSlow(Math.max(SEGMENT_BYTES, count))
      last = { bytes, from: 0, to: 0 }
      this.#segments.push(last)
    }
    last.bytes.set(records.subarray(from, to), last.to)
    last.to += count
    this.bytes += count
  }

  /** Offers the first records, as many as make about `most` bytes but at least one; they are gone when `take` returns true. */
  offer(most: number, take: (records: Uint8Array, from: number, to: number) => boolean): boolean {
    const first = this.#segments[0]
    if (first === undefined) return false
    const to = lotEnd(first.bytes, first.from, first.to, most)
    if (!take(first.bytes, first.from, to)) return false
    this.bytes -= to - first.from
    first.from = to
    if (to === first.to) this.#segments.shift()
    return true
  }
}

/** Where the first of the records between `from` and `to` end that make about `most` bytes, but at least one. */
export function lotEnd(records: Uint8Array, from: number, to: number, most: number): number {
  let end = from
  while (end < to) {
    const next = end + recordBytes(bodyBytesAt(records, end))
    if (end > from && next - from > most) break
    end = next
  }
  return end
}

function bodyBytesAt(records: Uint8Array, at: number): number {
  const low = (records[at + 4] as number) | ((records[at + 5] as number) << 8)
  return (low | ((records[at + 6] as number) << 16)) + (records[at + 7] as number) * 2 ** 24
}
