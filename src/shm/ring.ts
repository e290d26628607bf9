import { RECORD_HEADER_BYTES, RecordKind, recordBytes } from '../wire/record.ts'
import { Doorbell } from './doorbell.ts'
import type { NodeMemory } from './layout.ts'
import { RingEnd } from './ring-end.ts'
import { RunReader } from './run-reader.ts'

/**
 * The producer's end of a ring: reserve(), fill `bytes` at `bodyOffset`, commit(). Records are contiguous: where one does not fit
 * before the ring's end, a padding record fills the rest.
 */
export class RingWriter extends RingEnd {
  bodyOffset = 0
  /** Body bytes that the last reserve() got. */
  room = 0
  readonly #consumer: Doorbell
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
    super(node, producer, consumer)
    this.#kept = keptBytes
    this.#consumer = bell
  }

  /** Largest body that ever fits. */
  get largestBody(): number {
    return this.capacity / 2 - RECORD_HEADER_BYTES
  }

  /**
   * Makes room for one record of at least `least` and at most `most` body bytes, as many as there are (`room`).
   * False when there is no room now: then the consumer rings the producer's bell when there is.
   */
  reserve(least: number, most: number): boolean {
    if (!this.#fits(least, most)) {
      // Pairs with the store in RunReader.giveBack(): announce the wish, then look again, so that no release goes unseen.
      Atomics.store(this.words, this.wantedWord, 1)
      this.head = Atomics.load(this.words, this.headWord)
      if (!this.#fits(least, most)) {
        this.#isWaiting = true
        return false
      }
      Atomics.store(this.words, this.wantedWord, 0)
    }
    // Who waits goes on waiting: this may be a small record, and the one that found no room may be another's.
    return true
  }

  /**
   * Whether room has come since reserve() found none; says so once. The owner of the producer's bell asks this between prepare() and
   * sleep(), as it asks its readers: a consumer that gave room before prepare() did not ring.
   */
  takeNewRoom(): boolean {
    // Pairs with the store in RunReader.giveBack(), which comes before the consumer looks whether the producer sleeps.
    const hasCome = this.#isWaiting && Atomics.load(this.words, this.wantedWord) === 0
    if (hasCome) this.#isWaiting = false
    return hasCome
  }

  #fits(least: number, most: number): boolean {
    const need = recordBytes(least)
    let at = this.tail & (this.capacity - 1)
    let free = this.capacity - this.#kept - ((this.tail - this.head) | 0)
    const toEnd = this.capacity - at
    if (toEnd < need) {
      if (free < toEnd + need) return false
      this.#pad(at, toEnd)
      free -= toEnd
      at = 0
    }
    const contiguous = Math.min(free, this.capacity - at)
    if (contiguous < need) return false
    this.bodyOffset = this.base + at + RECORD_HEADER_BYTES
    this.room = Math.min(most, contiguous - RECORD_HEADER_BYTES, this.largestBody)
    return true
  }

  #pad(at: number, bytes: number): void {
    const word = (this.base + at) >>> 2
    this.words[word] = RecordKind.padding
    this.words[word + 1] = bytes - RECORD_HEADER_BYTES
    this.tail = (this.tail + bytes) | 0
  }

  /** How far the consumer had read at the last look of reserve(), in bytes modulo 2^32. */
  get readSoFar(): number {
    return this.head
  }

  /** Bytes that the consumer has not read yet. */
  get unread(): number {
    // Pairs with the store in RunReader.giveBack().
    this.head = Atomics.load(this.words, this.headWord)
    return (this.tail - this.head) | 0
  }

  /** Writes a record without a body, also into the room that is kept for it; false where there is none. */
  tryMark(kind: number, source: number, dest: number): boolean {
    // Every record is a multiple of its 16 bytes long, so it always fits before the ring's end.
    if (this.capacity - this.unread < RECORD_HEADER_BYTES) return false
    this.bodyOffset = this.placeOf(this.tail) + RECORD_HEADER_BYTES
    this.commit(kind, source, dest, 0)
    return true
  }

  /** Begins anew at the ring's start. Only for a ring whose records have all been read, and that nobody has a RingReader of who will use it again. */
  restart(): void {
    this.tail = 0
    this.head = 0
    // A RingReader that is made later reads these; whoever makes it has been told so by a record of another ring.
    for (const word of [this.tailWord, this.headWord, this.wantedWord]) Atomics.store(this.words, word, 0)
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
    this.tail = (this.tail + recordBytes(bodyBytes)) | 0
    // Pairs with the load in RunReader.hasNext(): publishes the record and everything written before it.
    Atomics.store(this.words, this.tailWord, this.tail)
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
    this.tail = (this.tail + bytes) | 0
    // Pairs with the load in RunReader.hasNext(), as in publish().
    Atomics.store(this.words, this.tailWord, this.tail)
  }
}

/** Room is given back in lots of this part of a ring at most, and of so many bytes: a sender that waits for room is not to wait for a whole ring. */
const LOTS_OF_RING = 8
const MOST_LOT_BYTES = 64 * 1024
/** So much of a ring may be left for later, and so many bytes: a sender is not to wait for room that there is. */
const LEFT_OF_RING = 2
const MOST_LEFT_BYTES = 256 * 1024

/** The consumer's end of a ring, a record at a time: next(), read the body at `bodyOffset`, release() or done(). */
export class RingReader extends RunReader {
  readonly #lot: number = Math.min(this.capacity / LOTS_OF_RING, MOST_LOT_BYTES)
  readonly #mostLeft: number = Math.min(this.capacity / LEFT_OF_RING, MOST_LEFT_BYTES)
  #isLeft = false
  /** The tail when records were left. */
  #leftTail = 0

  /** Takes the next record; its fields are valid until release(). */
  next(): boolean {
    return this.look()
  }

  /** Gives the record's room back to the producer and wakes it if it waits for room. */
  release(): void {
    this.pass()
    this.giveBack(this.position)
  }

  /**
   * release() of one of many records that are read one after the other: their room is given back in lots, because each time the producer's core loses
   * a cache line. flush() is to follow before the consumer does anything else.
   */
  done(): void {
    this.pass()
    if (((this.position - this.head) | 0) >= this.#lot) this.giveBack(this.position)
  }

  override pass(): void {
    super.pass()
    this.#isLeft = false
  }

  /**
   * Leaves the record that look() has shown where it is, with all behind it, until somebody wants them: hasMore() no longer tells of them. False where
   * that is too much.
   */
  tryLeave(): boolean {
    // Pairs with the store in RingWriter.publish(). What comes after this look is news.
    this.tail = Atomics.load(this.words, this.tailWord)
    if (((this.tail - this.position) | 0) > this.#mostLeft) return false
    this.#isLeft = true
    this.#leftTail = this.tail
    return true
  }

  /** Whether there is a record that was neither passed nor left. */
  hasMore(): boolean {
    if (!this.#isLeft) return this.hasNext()
    // Pairs with the store in RingWriter.publish().
    this.tail = Atomics.load(this.words, this.tailWord)
    return this.tail !== this.#leftTail
  }

  /** Gives back what done() has kept. */
  flush(): void {
    this.giveBack(this.position)
  }
}
