import { copyBytes } from '../../base/copy-bytes.ts'
import type { Place } from '../../transport/channel.ts'
import { ALL_RANKS, RECORD_HEADER_BYTES, recordBytes } from '../../wire/record.ts'

/** Takes whole records out of what a RecordStream cuts. */
export interface RecordTaker {
  /** Where the records for this world rank go, -1: nowhere. */
  endpointOf(dest: number): number
  /** Records for one endpoint, or one record for all (`endpoint` = ALL_RANKS); at most `mostBytes` of them unless it is a single one. */
  put(endpoint: number, records: Uint8Array, from: number, to: number): void
  readonly mostBytes: number
  /**
   * A place for one record of `bytes` bytes of which more is to come: where it begins in memoryOf(endpoint), -1: there is none now. It is the
   * caller's until end(), or until `evict` is called because something else comes first.
   */
  begin(endpoint: number, bytes: number, evict: () => void): number
  memoryOf(endpoint: number): Uint8Array
  /** The record is whole. */
  end(endpoint: number, bytes: number): void
  /** What has come does not fit, and nothing behind it is taken: the rest of a sentence that begins with 'node X sent '. */
  refuse(what: string): void
}

/** What records must look like (wire/record-check.ts): the header at `at`, and the whole record whose header isHead() has let pass. */
export interface RecordRule {
  isHead(view: DataView, at: number): boolean
  isBody(view: DataView, at: number): boolean
  describe(view: DataView, at: number): string
}

/** Shorter records are copied together first: that is done sooner than finding a place. */
const LEAST_PLACE_BYTES = 4096
const MOST_GROWTH_BYTES = 1024 * 1024

/**
 * Cuts the bytes of a data channel, which come in pieces of any size, into records. Whole records of one rank that lie side by side are
 * handed over as one piece of the memory they came in; a record that is spread over pieces is put together where the taker wants to have it,
 * or in memory that is used again.
 */
export class RecordStream implements Place {
  readonly #taker: RecordTaker
  readonly #rule: RecordRule
  /** Something came that does not fit. */
  #isRefused = false
  /** For a record, or the begin of a header, that is spread over pieces and has no other place. */
  #own: Uint8Array = new Uint8Array(1024)
  #header = new DataView(this.#own.buffer)
  /** Of the record that is spread: bytes that have come, and as long as it is (0: not known yet). */
  #have = 0
  #bytes = 0
  #dest = 0
  /** Where it lies: in `#own` from 0 on, or where the taker has given it a place. */
  #memory: Uint8Array = this.#own
  #start = 0
  /** Of the taker's place; -1: none. */
  #endpoint = -1

  constructor(taker: RecordTaker, rule: RecordRule) {
    this.#taker = taker
    this.#rule = rule
  }

  push(piece: Uint8Array): void {
    if (this.#isRefused) return
    let at = this.#have > 0 ? this.#complete(piece) : 0
    if (at < piece.length && !this.#isRefused) at = this.#cut(piece, at)
    if (at < piece.length && !this.#isRefused) this.#begin(piece, at)
  }

  next(): Uint8Array | null {
    const left = this.#bytes - this.#have
    if (this.#isRefused || this.#bytes === 0 || left < LEAST_PLACE_BYTES) return null
    const at = this.#start + this.#have
    return this.#memory.subarray(at, at + left)
  }

  came(count: number): void {
    if (this.#isRefused) return
    this.#have += count
    if (this.#have === this.#bytes) this.#finish()
  }

  /** Adds to the record that has begun in an earlier piece. Returns how many bytes of this one are used. */
  #complete(piece: Uint8Array): number {
    let used = 0
    if (this.#bytes === 0) {
      used = Math.min(RECORD_HEADER_BYTES - this.#have, piece.length)
      this.#add(piece, 0, used)
      if (this.#have < RECORD_HEADER_BYTES) return used
      if (!this.#findPlace()) return used
    }
    const more = Math.min(this.#bytes - this.#have, piece.length - used)
    this.#add(piece, used, more)
    if (this.#have === this.#bytes) this.#finish()
    return used + more
  }

  /** A record begins at `at` that is not whole. */
  #begin(piece: Uint8Array, at: number): void {
    const count = piece.length - at
    const known = Math.min(count, RECORD_HEADER_BYTES)
    this.#add(piece, at, known)
    if (known === RECORD_HEADER_BYTES && this.#findPlace()) this.#add(piece, at + known, count - known)
  }

  /** The header is whole. False: it is refused. */
  #findPlace(): boolean {
    if (!this.#rule.isHead(this.#header, 0)) return this.#refuse(this.#header, 0)
    const bytes = recordBytes(this.#header.getUint32(4, true))
    this.#bytes = bytes
    this.#dest = this.#header.getUint32(12, true)
    const endpoint = this.#dest === ALL_RANKS ? -1 : this.#taker.endpointOf(this.#dest)
    const start = endpoint < 0 || bytes < LEAST_PLACE_BYTES ? -1 : this.#taker.begin(endpoint, bytes, this.#evict)
    if (start >= 0) {
      this.#endpoint = endpoint
      this.#memory = this.#taker.memoryOf(endpoint)
      this.#start = start
      copyBytes(this.#own, 0, this.#memory, start, RECORD_HEADER_BYTES)
    } else this.#makeRoom()
    return true
  }

  #makeRoom(): void {
    if (this.#bytes > this.#own.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes, Math.min(this.#own.length * 4, MOST_GROWTH_BYTES)))
      larger.set(this.#own.subarray(0, RECORD_HEADER_BYTES))
      this.#own = larger
      this.#header = new DataView(larger.buffer)
    }
    this.#memory = this.#own
    this.#start = 0
  }

  /** The taker wants the place back. */
  readonly #evict = (): void => {
    const { buffer, byteOffset } = this.#memory
    const before = new Uint8Array(buffer, byteOffset + this.#start, this.#have)
    this.#endpoint = -1
    this.#makeRoom()
    copyBytes(before, 0, this.#own, 0, this.#have)
  }

  #add(piece: Uint8Array, from: number, count: number): void {
    copyBytes(piece, from, this.#memory, this.#start + this.#have, count)
    this.#have += count
  }

  #finish(): void {
    const { buffer, byteOffset } = this.#memory
    const view = new DataView(buffer, byteOffset + this.#start, this.#bytes)
    if (!this.#rule.isBody(view, 0)) {
      this.#refuse(view, 0)
      return
    }
    const endpoint = this.#endpoint
    const bytes = this.#bytes
    this.#have = 0
    this.#bytes = 0
    this.#endpoint = -1
    this.#memory = this.#own
    this.#start = 0
    if (endpoint >= 0) this.#taker.end(endpoint, bytes)
    else this.#hand(this.#dest, this.#own, 0, bytes)
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
      if (!this.#rule.isHead(view, to)) return this.#handAndRefuse(view, dest, piece, from, to)
      const end = to + recordBytes(view.getUint32(to + 4, true))
      if (end > piece.length) break
      if (!this.#rule.isBody(view, to)) return this.#handAndRefuse(view, dest, piece, from, to)
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

  /** Hands over what came before the record at `to`. */
  #handAndRefuse(view: DataView, dest: number, piece: Uint8Array, from: number, to: number): number {
    if (to > from) this.#hand(dest, piece, from, to)
    this.#refuse(view, to)
    return to
  }

  #refuse(view: DataView, at: number): false {
    this.#isRefused = true
    this.#taker.refuse(this.#rule.describe(view, at))
    return false
  }

  #hand(dest: number, records: Uint8Array, from: number, to: number): void {
    const endpoint = dest === ALL_RANKS ? ALL_RANKS : this.#taker.endpointOf(dest)
    if (endpoint >= 0) this.#taker.put(endpoint, records, from, to)
  }
}
