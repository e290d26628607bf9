import { RECORD_HEADER_BYTES, RecordKind, recordBytes } from '../wire/record.ts'
import { Doorbell } from './doorbell.ts'
import { HEAD, type NodeMemory, pairOffset, ringOffset, TAIL, WANTED } from './layout.ts'

/**
 * The consumer's end of a ring that looks ahead: records are passed one by one and given back later, many at once, so that a run of them
 * can be lent to a socket as it lies in the ring. Use either this or a RingReader for a ring.
 */
export class RunReader {
  readonly bytes: Uint8Array
  kind = 0
  source = 0
  dest = 0
  /** Where the record begins, its header included, and the bytes that it takes. */
  start = 0
  length = 0
  /** Without padding; the body begins behind the header. */
  bodyBytes = 0
  readonly #words: Int32Array
  readonly #base: number
  readonly #capacity: number
  readonly #tailWord: number
  readonly #wantedWord: number
  readonly #headWord: number
  readonly #producer: Doorbell
  #tail: number
  #head: number
  #at: number

  constructor(node: NodeMemory, producer: number, consumer: number) {
    const buffer = node.memory.buffer
    this.bytes = new Uint8Array(buffer)
    this.#words = new Int32Array(buffer)
    this.#base = ringOffset(node, producer, consumer)
    this.#capacity = node.ringBytes
    const pair = pairOffset(node.endpoints, producer, consumer) / 4
    this.#tailWord = pair + TAIL
    this.#wantedWord = pair + WANTED
    this.#headWord = pair + HEAD
    this.#producer = new Doorbell(node, producer)
    this.#head = Atomics.load(this.#words, this.#headWord)
    this.#at = this.#head
    this.#tail = this.#head
  }

  /** Whether there is a record that was not passed yet. */
  hasNext(): boolean {
    if (this.#tail !== this.#at) return true
    // Pairs with the store in RingWriter.publish().
    this.#tail = Atomics.load(this.#words, this.#tailWord)
    return this.#tail !== this.#at
  }

  /** Shows the next record, again and again the same one until pass(). */
  look(): boolean {
    while (this.hasNext()) {
      const start = this.#base + (this.#at & (this.#capacity - 1))
      const word = start >>> 2
      this.start = start
      this.kind = this.#words[word] as number
      this.bodyBytes = this.#words[word + 1] as number
      this.length = recordBytes(this.bodyBytes)
      if (this.kind === RecordKind.padding) {
        this.pass()
        continue
      }
      this.source = this.#words[word + 2] as number
      this.dest = this.#words[word + 3] as number
      return true
    }
    return false
  }

  /** Goes on behind the record that look() has shown; its memory stays as it is. */
  pass(): void {
    this.#at = (this.#at + this.length) | 0
  }

  /** Of the record that look() has shown. */
  get bodyOffset(): number {
    return this.start + RECORD_HEADER_BYTES
  }

  /** For release(): everything that was passed until now. */
  get position(): number {
    return this.#at
  }

  /** Gives the room of everything before `position` back to the producer and wakes it if it waits for room. */
  release(position: number): void {
    if (position === this.#head) return
    this.#head = position
    // Pairs with the load in RingWriter.reserve().
    Atomics.store(this.#words, this.#headWord, position)
    // Pairs with the store in RingWriter.reserve(): it looks at the head once more after it has announced its wish.
    if (Atomics.load(this.#words, this.#wantedWord) === 0) return
    Atomics.store(this.#words, this.#wantedWord, 0)
    this.#producer.ring()
  }
}
