import { HEAD, type NodeMemory, pairOffset, ringCapacity, ringOffset, TAIL, WANTED } from './layout.ts'

/** What both ends of a ring have: where it lies in the memory, its words, and how far it is written and read as this end knows. */
export class RingEnd {
  /** The whole memory, three times. */
  readonly bytes: Uint8Array
  readonly words: Int32Array
  readonly floats: Float64Array
  protected readonly base: number
  /** A power of two, in bytes. */
  protected readonly capacity: number
  protected readonly tailWord: number
  protected readonly wantedWord: number
  protected readonly headWord: number
  /** Bytes ever written and ever given back, modulo 2^32. */
  protected tail: number
  protected head: number

  constructor(node: NodeMemory, producer: number, consumer: number) {
    const { buffer } = node.memory
    this.bytes = new Uint8Array(buffer)
    this.words = new Int32Array(buffer)
    this.floats = new Float64Array(buffer)
    this.base = ringOffset(node, producer, consumer)
    this.capacity = ringCapacity(node, producer, consumer)
    const pair = pairOffset(node.endpoints, producer, consumer) / 4
    this.tailWord = pair + TAIL
    this.wantedWord = pair + WANTED
    this.headWord = pair + HEAD
    // An end may be made while the other one works: these pair with the stores in RingWriter.publish() and RunReader.giveBack().
    this.tail = Atomics.load(this.words, this.tailWord)
    this.head = Atomics.load(this.words, this.headWord)
  }

  /** Where the byte of a position lies in the memory. */
  protected placeOf(position: number): number {
    return this.base + (position & (this.capacity - 1))
  }
}
