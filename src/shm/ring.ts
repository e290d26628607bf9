import { RECORD_HEADER_BYTES, RecordKind, recordBytes } from '../wire/record.ts'
import { Doorbell } from './doorbell.ts'
import { HEAD, type NodeMemory, pairOffset, ringOffset, TAIL, WANTED } from './layout.ts'

/**
 * The producer's end of a ring: reserve(), fill `bytes` at `bodyOffset`, commit(). Records are contiguous: where one does not fit
 * before the ring's end, a padding record fills the rest.
 */
export class RingWriter {
  /** The whole region; write a body at `bodyOffset`. */
  readonly bytes: Uint8Array
  readonly words: Int32Array
  readonly floats: Float64Array
  bodyOffset = 0
  /** Body bytes that the last reserve() got. */
  room = 0
  readonly #base: number
  readonly #capacity: number
  readonly #tailWord: number
  readonly #wantedWord: number
  readonly #headWord: number
  readonly #consumer: Doorbell
  #tail: number
  #head: number
  #isWaiting = false
  readonly #kept: number

  /** `bell`: the consumer's, where it is not in the memory of the ring. `keptBytes`: room that only tryMark() uses, a multiple of 16. */
  constructor(
    node: NodeMemory,
    producer: number,
    consumer: number,
    bell: Doorbell = new Doorbell(node, consumer),
    keptBytes: number = 0,
  ) {
    this.#kept = keptBytes
    const buffer = node.memory.buffer
    this.bytes = new Uint8Array(buffer)
    this.words = new Int32Array(buffer)
    this.floats = new Float64Array(buffer)
    this.#base = ringOffset(node, producer, consumer)
    this.#capacity = node.ringBytes
    const pair = pairOffset(node.endpoints, producer, consumer) / 4
    this.#tailWord = pair + TAIL
    this.#wantedWord = pair + WANTED
    this.#headWord = pair + HEAD
    this.#consumer = bell
    this.#tail = Atomics.load(this.words, this.#tailWord)
    this.#head = Atomics.load(this.words, this.#headWord)
  }

  /** Largest body that ever fits. */
  get largestBody(): number {
    return this.#capacity / 2 - RECORD_HEADER_BYTES
  }

  /**
   * Makes room for one record of at least `least` and at most `most` body bytes, as many as there are (`room`).
   * False when there is no room now: then the consumer rings the producer's bell when there is.
   */
  reserve(least: number, most: number): boolean {
    if (!this.#fits(least, most)) {
      // Pairs with the store in RingReader.release(): announce the wish, then look again, so that no release goes unseen.
      Atomics.store(this.words, this.#wantedWord, 1)
      this.#head = Atomics.load(this.words, this.#headWord)
      if (!this.#fits(least, most)) {
        this.#isWaiting = true
        return false
      }
      Atomics.store(this.words, this.#wantedWord, 0)
    }
    // Who waits goes on waiting: this may be a small record, and the one that found no room may be another's.
    return true
  }

  /**
   * Whether room has come since reserve() found none; says so once. The owner of the producer's bell asks this between prepare() and
   * sleep(), as it asks its readers: a consumer that gave room before prepare() did not ring.
   */
  takeNewRoom(): boolean {
    // Pairs with the store in RingReader.release(), which comes before the consumer looks whether the producer sleeps.
    const hasCome = this.#isWaiting && Atomics.load(this.words, this.#wantedWord) === 0
    if (hasCome) this.#isWaiting = false
    return hasCome
  }

  #fits(least: number, most: number): boolean {
    const need = recordBytes(least)
    let at = this.#tail & (this.#capacity - 1)
    let free = this.#capacity - this.#kept - ((this.#tail - this.#head) | 0)
    const toEnd = this.#capacity - at
    if (toEnd < need) {
      if (free < toEnd + need) return false
      this.#pad(at, toEnd)
      free -= toEnd
      at = 0
    }
    const contiguous = Math.min(free, this.#capacity - at)
    if (contiguous < need) return false
    this.bodyOffset = this.#base + at + RECORD_HEADER_BYTES
    this.room = Math.min(most, contiguous - RECORD_HEADER_BYTES, this.largestBody)
    return true
  }

  #pad(at: number, bytes: number): void {
    const word = (this.#base + at) >>> 2
    this.words[word] = RecordKind.padding
    this.words[word + 1] = bytes - RECORD_HEADER_BYTES
    this.#tail = (this.#tail + bytes) | 0
  }

  /** How far the consumer had read at the last look of reserve(), in bytes modulo 2^32. */
  get readSoFar(): number {
    return this.#head
  }

  /** Bytes that the consumer has not read yet. */
  get unread(): number {
    // Pairs with the store in RingReader.release().
    this.#head = Atomics.load(this.words, this.#headWord)
    return (this.#tail - this.#head) | 0
  }

  /** Writes a record without a body, also into the room that is kept for it; false where there is none. */
  tryMark(kind: number, source: number, dest: number): boolean {
    // Every record is a multiple of its 16 bytes long, so it always fits before the ring's end.
    if (this.#capacity - this.unread < RECORD_HEADER_BYTES) return false
    this.bodyOffset = this.#base + (this.#tail & (this.#capacity - 1)) + RECORD_HEADER_BYTES
    this.commit(kind, source, dest, 0)
    return true
  }

  /** Publishes the reserved record with the first `bodyBytes` of its room, and wakes the consumer if it sleeps. */
  commit(kind: number, source: number, dest: number, bodyBytes: number): void {
    this.publish(kind, source, dest, bodyBytes)
    this.#consumer.ring()
  }

  /** Wakes the consumer, after publish(). */
  wake(): void {
    this.#consumer.ring()
  }

  /** commit() that leaves a sleeping consumer asleep: for records of which many are to be read at one waking, see wake(). */
  publish(kind: number, source: number, dest: number, bodyBytes: number): void {
    const word = (this.bodyOffset - RECORD_HEADER_BYTES) >>> 2
    this.words[word] = kind
    this.words[word + 1] = bodyBytes
    this.words[word + 2] = source
    this.words[word + 3] = dest
    this.#tail = (this.#tail + recordBytes(bodyBytes)) | 0
    // Pairs with the load in RingReader.next(): publishes the record and everything written before it.
    Atomics.store(this.words, this.#tailWord, this.#tail)
  }

  /** Writes one small record whole, or returns false (see reserve). */
  tryWrite(kind: number, source: number, dest: number, body: Uint8Array): boolean {
    if (!this.reserve(body.length, body.length)) return false
    this.bytes.set(body, this.bodyOffset)
    this.commit(kind, source, dest, body.length)
    return true
  }

  /**
   * Publishes whole records, `bytes` long with their headers, that were written where the reserved one begins (a header before
   * `bodyOffset`). Leaves a sleeping consumer asleep, see wake().
   */
  publishRecords(bytes: number): void {
    this.#tail = (this.#tail + bytes) | 0
    // Pairs with the load in RingReader.next(), as in publish().
    Atomics.store(this.words, this.#tailWord, this.#tail)
  }
}

/** The consumer's end of a ring: next(), read the body at `bodyOffset`, release(). */
export class RingReader {
  readonly bytes: Uint8Array
  readonly words: Int32Array
  readonly floats: Float64Array
  kind = 0
  bodyBytes = 0
  source = 0
  dest = 0
  bodyOffset = 0
  readonly #base: number
  readonly #capacity: number
  readonly #tailWord: number
  readonly #wantedWord: number
  readonly #headWord: number
  readonly #producer: Doorbell
  #tail = 0
  #head: number

  /** `bell`: the producer's, where it is not in the memory of the ring. */
  constructor(node: NodeMemory, producer: number, consumer: number, bell: Doorbell = new Doorbell(node, producer)) {
    const buffer = node.memory.buffer
    this.bytes = new Uint8Array(buffer)
    this.words = new Int32Array(buffer)
    this.floats = new Float64Array(buffer)
    this.#base = ringOffset(node, producer, consumer)
    this.#capacity = node.ringBytes
    const pair = pairOffset(node.endpoints, producer, consumer) / 4
    this.#tailWord = pair + TAIL
    this.#wantedWord = pair + WANTED
    this.#headWord = pair + HEAD
    this.#producer = bell
    this.#head = Atomics.load(this.words, this.#headWord)
    this.#tail = this.#head
  }

  /** Whether there is a record, without taking it. */
  hasNext(): boolean {
    if (this.#tail !== this.#head) return true
    // Pairs with the store in RingWriter.commit().
    this.#tail = Atomics.load(this.words, this.#tailWord)
    return this.#tail !== this.#head
  }

  /** Takes the next record; its fields are valid until release(). */
  next(): boolean {
    while (this.hasNext()) {
      const at = this.#base + (this.#head & (this.#capacity - 1))
      const word = at >>> 2
      const bodyBytes = this.words[word + 1] as number
      this.kind = this.words[word] as number
      this.bodyBytes = bodyBytes
      if (this.kind === RecordKind.padding) {
        this.release()
        continue
      }
      this.source = this.words[word + 2] as number
      this.dest = this.words[word + 3] as number
      this.bodyOffset = at + RECORD_HEADER_BYTES
      return true
    }
    return false
  }

  /** Gives the record's room back to the producer and wakes it if it waits for room. */
  release(): void {
    this.#head = (this.#head + recordBytes(this.bodyBytes)) | 0
    // Pairs with the load in RingWriter.reserve().
    Atomics.store(this.words, this.#headWord, this.#head)
    if (Atomics.load(this.words, this.#wantedWord) === 0) return
    Atomics.store(this.words, this.#wantedWord, 0)
    this.#producer.ring()
  }
}
