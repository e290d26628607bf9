import { ALL_RANKS, RECORD_HEADER_BYTES, recordBytes } from '../wire/record.ts'

/** Takes whole records out of what a RecordStream cuts. */
export interface RecordTaker {
  /** Where the records for this world rank go, -1: nowhere. */
  endpointOf(dest: number): number
  /** Records for one endpoint, or one record for all (`endpoint` = ALL_RANKS); at most `mostBytes` of them unless it is a single one. */
  put(endpoint: number, records: Uint8Array, from: number, to: number): void
  readonly mostBytes: number
}

/**
 * Cuts the bytes of a data channel, which come in pieces of any size, into records. Whole records of one rank that lie side by side are
 * handed over as one piece of the memory they came in; only a record that is spread over pieces is copied together, in memory that is
 * used again.
 */
export class RecordStream {
  readonly #taker: RecordTaker
  #record: Uint8Array = new Uint8Array(1024)
  #header = new DataView(this.#record.buffer)
  /** Bytes of `#record` that have come. */
  #have = 0

  constructor(taker: RecordTaker) {
    this.#taker = taker
  }

  push(piece: Uint8Array): void {
    let at = this.#have > 0 ? this.#complete(piece) : 0
    if (at < piece.length) at = this.#cut(piece, at)
    if (at < piece.length) this.#keep(piece, at, piece.length - at)
  }

  /** Adds to the record that has begun in an earlier piece. Returns how many bytes of this one are used. */
  #complete(piece: Uint8Array): number {
    let used = 0
    if (this.#have < RECORD_HEADER_BYTES) {
      used = Math.min(RECORD_HEADER_BYTES - this.#have, piece.length)
      this.#keep(piece, 0, used)
      if (this.#have < RECORD_HEADER_BYTES) return used
    }
    const bytes = recordBytes(this.#header.getUint32(4, true))
    const more = Math.min(bytes - this.#have, piece.length - used)
    this.#keep(piece, used, more)
    if (this.#have === bytes) {
      this.#have = 0
      this.#hand(this.#header.getUint32(12, true), this.#record, 0, bytes)
    }
    return used + more
  }

  #keep(piece: Uint8Array, from: number, count: number): void {
    const need = this.#have + count
    if (need > this.#record.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(need, this.#record.length * 4))
      larger.set(this.#record.subarray(0, this.#have))
      this.#record = larger
      this.#header = new DataView(larger.buffer)
    }
    this.#record.set(piece.subarray(from, from + count), this.#have)
    this.#have = need
  }

  /** Hands over all whole records behind `at`; returns where the first begins that is not whole. */
  #cut(piece: Uint8Array, at: number): number {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length)
    const last = piece.length - RECORD_HEADER_BYTES
    const { mostBytes } = this.#taker
    let from = at
    let to = at
    let dest = -1
    while (to <= last) {
      const end = to + recordBytes(view.getUint32(to + 4, true))
      if (end > piece.length) break
      const nextDest = view.getUint32(to + 12, true)
      if (to > from && (nextDest !== dest || end - from > mostBytes)) {
        this.#hand(dest, piece, from, to)
        from = to
      }
      dest = nextDest
      to = end
    }
    if (to > from) this.#hand(dest, piece, from, to)
    return to
  }

  #hand(dest: number, records: Uint8Array, from: number, to: number): void {
    const endpoint = dest === ALL_RANKS ? ALL_RANKS : this.#taker.endpointOf(dest)
    if (endpoint >= 0) this.#taker.put(endpoint, records, from, to)
  }
}
