import { copyBytes } from '../../base/copy-bytes.ts'
import type { RingWriter } from '../../shm/ring.ts'
import { RECORD_HEADER_BYTES } from '../../wire/record.ts'
import { lotEnd, RecordQueue } from './record-queue.ts'

/** A rank may have 4 MiB on its way to another (rank/link/remote-credit.ts), and replies to requests to windows. */
const MOST_WAITING_BYTES_OF_RANK = 8 * 1024 * 1024

/** Nodes take turns for the room of a ring in lots of this size. */
const TURN_BYTES = 8 * 1024

/**
 * What other nodes have for one rank: it goes into the rank's ring, or waits here where the ring is full, bounded by the ranks' credit
 * (rank/link/remote-credit.ts). Records of one node stay in order; of several nodes that wait each gets its turn, so that the flood of one
 * does not hold up another.
 */
export class Inbox {
  readonly #writer: RingWriter
  readonly #queues = new Map<number, RecordQueue>()
  readonly #ranksOfNode: (nodeId: number) => number
  /** Nodes whose queue is not empty; the first has the next turn. */
  #waiting: number[] = []
  #isOver = false
  #hasNews = false
  /** Of the record whose place is kept in the ring, see begin(). */
  #evict: (() => void) | undefined

  /** `ranksOfNode`: how many of another node may send. */
  constructor(writer: RingWriter, ranksOfNode: (nodeId: number) => number) {
    this.#writer = writer
    this.#ranksOfNode = ranksOfNode
  }

  get #lot(): number {
    return Math.min(TURN_BYTES, this.most)
  }

  /** Bytes of records that one put() may have. */
  get most(): number {
    return this.#writer.largestBody + RECORD_HEADER_BYTES
  }

  /**
   * Takes the whole records between `from` and `to`, which come from node `nodeId`. The rank is not woken before wake(). False: more waits now than the
   * ranks of that node have credit for.
   */
  put(nodeId: number, records: Uint8Array, from: number, to: number): boolean {
    // Messages to a rank that is over go nowhere, as in MPI after MPI_Finalize.
    if (this.#isOver) return true
    this.#takePlaceBack()
    const written = this.#waiting.length === 0 ? this.#writeMost(records, from, to) : from
    return written === to || this.#keep(nodeId, records, written, to)
  }

  /**
   * Keeps room in the ring for one record that comes in pieces, until end() or until it is wanted for something else, when `evict` is called:
   * a slow node holds up nobody. Returns where the record begins in `memory`; -1: there is no room, or others wait for it.
   */
  begin(bytes: number, evict: () => void): number {
    const writer = this.#writer
    const body = bytes - RECORD_HEADER_BYTES
    if (this.#isOver || this.#waiting.length > 0 || this.#evict !== undefined || body > writer.largestBody) return -1
    if (!writer.reserve(body, body)) return -1
    this.#evict = evict
    return writer.bodyOffset - RECORD_HEADER_BYTES
  }

  get memory(): Uint8Array {
    return this.#writer.bytes
  }

  /** The record that begin() was called for is there. */
  end(bytes: number): void {
    this.#evict = undefined
    if (this.#isOver) return
    this.#writer.publishRecords(bytes)
    this.#hasNews = true
  }

  #takePlaceBack(): void {
    const evict = this.#evict
    this.#evict = undefined
    evict?.()
  }

  /** Returns up to where the records found room. */
  #writeMost(records: Uint8Array, from: number, to: number): number {
    if (this.#write(records, from, to)) return to
    let written = from
    while (written < to) {
      const end = lotEnd(records, written, to, this.#lot)
      if (!this.#write(records, written, end)) break
      written = end
    }
    return written
  }

  #keep(nodeId: number, records: Uint8Array, from: number, to: number): boolean {
    let queue = this.#queues.get(nodeId)
    if (queue === undefined) {
      queue = new RecordQueue()
      this.#queues.set(nodeId, queue)
    }
    if (queue.isEmpty) this.#waiting.push(nodeId)
    queue.append(records, from, to)
    return queue.bytes <= MOST_WAITING_BYTES_OF_RANK * this.#ranksOfNode(nodeId)
  }

  #write(records: Uint8Array, from: number, to: number): boolean {
    const writer = this.#writer
    const body = to - from - RECORD_HEADER_BYTES
    if (!writer.reserve(body, body)) return false
    const start = writer.bodyOffset - RECORD_HEADER_BYTES
    copyBytes(records, from, writer.bytes, start, to - from)
    writer.publishRecords(to - from)
    this.#hasNews = true
    return true
  }

  readonly #take = (records: Uint8Array, from: number, to: number): boolean => this.#write(records, from, to)

  /** Writes what waits, as far as there is room; whether anything moved. */
  retry(): boolean {
    let moved = false
    for (let nodeId = this.#waiting[0]; nodeId !== undefined; nodeId = this.#waiting[0]) {
      const queue = this.#queues.get(nodeId)
      if (queue === undefined || !(queue.offer(this.#lot, this.#take) || queue.offer(1, this.#take))) break
      moved = true
      this.#waiting.shift()
      if (!queue.isEmpty) this.#waiting.push(nodeId)
    }
    this.wake()
    return moved
  }

  /** Wakes the rank if something was written for it since the last time; whether there was. */
  wake(): boolean {
    const hadNews = this.#hasNews
    this.#hasNews = false
    if (hadNews) this.#writer.wake()
    return hadNews
  }

  /** Whether retry() would get on; says so once. */
  takeNewRoom(): boolean {
    return this.#writer.takeNewRoom()
  }

  /** The rank is over. */
  close(): void {
    this.#isOver = true
    this.#queues.clear()
    this.#waiting = []
  }
}
