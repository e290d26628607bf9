import { setImmediate } from 'node:timers/promises'
import { Doorbell } from '../shm/doorbell.ts'
import type { NodeMemory } from '../shm/layout.ts'
import { RingReader, RingWriter } from '../shm/ring.ts'
import { ALL_RANKS, RECORD_HEADER_BYTES, RecordKind, recordBytes } from '../wire/record.ts'
import { FrameBatch } from './frame-batch.ts'

export interface RouterOptions {
  readonly node: NodeMemory
  readonly endpointOfRank: Int32Array
  readonly nodeOfRank: readonly number[]
  readonly sendToNode: (nodeId: number, frame: Uint8Array) => void
  /** Output, failure or abort of a rank of this node. `body` is the receiver's own. */
  readonly onRankRecord: (rank: number, kind: number, body: Uint8Array) => void
}

/** A record of another node that a full ring has not taken yet. */
interface Waiting {
  readonly frame: Uint8Array
  readonly view: DataView
  readonly offset: number
  readonly bodyBytes: number
}

/**
 * Moves records between the rings of this node's ranks and other nodes. It is the owner of the agent's endpoint and never blocks:
 * what a rank's ring cannot take waits here, bounded by the ranks' credit (rank/remote-credit.ts).
 */
export class Router {
  readonly #options: RouterOptions
  readonly #agent: number
  readonly #bell: Doorbell
  readonly #readers: RingReader[] = []
  readonly #writers: RingWriter[] = []
  readonly #waiting: Waiting[][] = []
  readonly #ended = new Set<number>()
  readonly #batch: FrameBatch
  #running = false

  constructor(options: RouterOptions) {
    this.#options = options
    const { node } = options
    this.#agent = node.endpoints - 1
    this.#bell = new Doorbell(node, this.#agent)
    for (let endpoint = 0; endpoint < this.#agent; endpoint++) {
      this.#readers.push(new RingReader(node, endpoint, this.#agent))
      this.#writers.push(new RingWriter(node, this.#agent, endpoint))
      this.#waiting.push([])
    }
    this.#batch = new FrameBatch(options.sendToNode)
  }

  start(): void {
    this.#running = true
    void this.#run()
  }

  stop(): void {
    this.#running = false
    this.#bell.ring()
  }

  async #run(): Promise<void> {
    while (this.#running) {
      if (this.#pump()) {
        // Between two rounds the event loop turns, so that sockets and timers have their share.
        await setImmediate()
        continue
      }
      const seen = this.#bell.prepare()
      if (this.#hasWork()) this.#bell.awake()
      else await this.#bell.sleepAsync(seen)
    }
  }

  #hasWork(): boolean {
    return this.#readers.some((reader) => reader.hasNext()) || this.#writers.some((writer) => writer.takeNewRoom())
  }

  /** One round over all ranks; whether anything moved. */
  #pump(): boolean {
    let moved = false
    for (let endpoint = 0; endpoint < this.#agent; endpoint++) {
      if (this.#drain(endpoint)) moved = true
      if (this.#retry(endpoint)) moved = true
    }
    this.#batch.flush()
    return moved
  }

  #drain(endpoint: number): boolean {
    const reader = this.#readers[endpoint]
    let moved = false
    while (reader?.next()) {
      moved = true
      this.#take(reader)
      reader.release()
    }
    return moved
  }

  #take(reader: RingReader): void {
    const { kind, source, dest, bodyOffset, bodyBytes } = reader
    if (kind === RecordKind.begin || kind === RecordKind.part || kind === RecordKind.credit) {
      const start = bodyOffset - RECORD_HEADER_BYTES
      this.#batch.add(this.#options.nodeOfRank[dest] ?? -1, reader.bytes, start, recordBytes(bodyBytes))
    } else this.#options.onRankRecord(source, kind, reader.bytes.slice(bodyOffset, bodyOffset + bodyBytes))
  }

  /**
   * Takes everything that a rank which is over has left in its ring, and tells the others that it has finished. `nodesToTell` is asked
   * behind its last messages, since one of them may have been the first for its node. Returns the nodes that were told.
   */
  rankEnded(rank: number, inOrder: boolean, nodesToTell: () => readonly number[]): readonly number[] {
    const endpoint = this.#endpointOf(rank)
    if (endpoint < 0) return []
    this.#drain(endpoint)
    this.#batch.flush()
    this.#ended.add(endpoint)
    this.#waiting[endpoint] = []
    if (!inOrder) return []
    const record = finishedRecord(rank)
    const toldNodes = nodesToTell()
    for (const nodeId of toldNodes) this.#options.sendToNode(nodeId, record)
    this.deliver(record)
    return toldNodes
  }

  #endpointOf(rank: number): number {
    return this.#options.endpointOfRank[rank] ?? -1
  }

  /** A rank of another node has finished, and nothing of it is on its way here. */
  rankFinished(rank: number): void {
    this.deliver(finishedRecord(rank))
  }

  /** Nothing comes from that node any more: its ranks have finished, if not in order. */
  nodeLost(nodeId: number): void {
    for (const [rank, node] of this.#options.nodeOfRank.entries()) if (node === nodeId) this.rankFinished(rank)
  }

  /** Puts the records of a frame into the rings of the ranks that they are for. */
  deliver(frame: Uint8Array): void {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
    let offset = 0
    while (offset + RECORD_HEADER_BYTES <= frame.length) {
      const bodyBytes = view.getUint32(offset + 4, true)
      const dest = view.getUint32(offset + 12, true)
      const record = { frame, view, offset, bodyBytes }
      if (dest === ALL_RANKS) for (let endpoint = 0; endpoint < this.#agent; endpoint++) this.#put(endpoint, record)
      else this.#put(this.#endpointOf(dest), record)
      offset += recordBytes(bodyBytes)
    }
  }

  #put(endpoint: number, record: Waiting): void {
    const queue = this.#waiting[endpoint]
    // Messages to a rank that is over go nowhere, as in MPI after MPI_Finalize.
    if (queue === undefined || this.#ended.has(endpoint)) return
    if (queue.length > 0 || !this.#forward(endpoint, record)) queue.push(record)
  }

  #forward(endpoint: number, record: Waiting): boolean {
    return this.#writers[endpoint]?.tryForward(record.frame, record.view, record.offset, record.bodyBytes) ?? false
  }

  #retry(endpoint: number): boolean {
    const queue = this.#waiting[endpoint]
    if (queue === undefined || queue.length === 0) return false
    let done = 0
    for (const record of queue) {
      if (!this.#forward(endpoint, record)) break
      done++
    }
    queue.splice(0, done)
    return done > 0
  }
}

function finishedRecord(rank: number): Uint8Array {
  const words = new Uint32Array([RecordKind.finished, 0, rank, ALL_RANKS])
  return new Uint8Array(words.buffer)
}
