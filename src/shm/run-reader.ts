import { RECORD_HEADER_BYTES, RecordKind, recordBytes } from '../wire/record.ts'
import { Doorbell } from './doorbell.ts'
import type { NodeMemory } from './layout.ts'
import { RingEnd } from './ring-end.ts'

/**
 * The consumer's end of a ring that looks ahead: records are passed one by one and given back later, many at once, so that a run of them
 * can be lent to a socket as it lies in the ring. RingReader is the one for records that are read one by one.
 */
export class RunReader extends RingEnd {
  kind = 0
  source = 0
  dest = 0
  /** Where the record begins, its header included, and the bytes that it takes. */
  start = 0
  length = 0
  /** Without header and padding. */
  bodyBytes = 0
  readonly #producer: Doorbell
  #at: number

  /** `bell`: the producer's, where it is not in the memory of the ring. */
  constructor(node: NodeMemory, producer: number, consumer: number, bell: Doorbell = new Doorbell(node, producer)) {
    super(node, producer, consumer)
    this.#producer = bell
    this.#at = this.head
  }

  /** Whether there is a record that was not passed yet. */
  hasNext(): boolean {
    if (this.tail !== this.#at) return true
    // Pairs with the store in RingWriter.publish().
    this.tail = Atomics.load(this.words, this.tailWord)
    return this.tail !== this.#at
  }

  /** Shows the next record, again and again the same one until pass(). */
  look(): boolean {
    while (this.hasNext()) {
      const start = this.placeOf(this.#at)
      const word = start >>> 2
      this.start = start
      this.kind = this.words[word] as number
      this.bodyBytes = this.words[word + 1] as number
      this.length = recordBytes(this.bodyBytes)
      if (this.kind === RecordKind.padding) {
        this.pass()
        continue
      }
      this.source = this.words[word + 2] as number
      this.dest = this.words[word + 3] as number
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

  /** For giveBack(): everything that was passed until now. */
  get position(): number {
    return this.#at
  }

  /** Gives the room of everything before `position` back to the producer and wakes it if it waits for room. */
  giveBack(position: number): void {
    if (position === this.head) return
    this.head = position
    // Pairs with the loads in RingWriter.reserve() and RingWriter.unread.
    Atomics.store(this.words, this.headWord, position)
    // Pairs with the store in RingWriter.reserve(): it looks at the head once more after it has announced its wish.
    if (Atomics.load(this.words, this.wantedWord) === 0) return
    // Pairs with the load in RingWriter.takeNewRoom().
    Atomics.store(this.words, this.wantedWord, 0)
    this.#producer.ring()
  }
}
