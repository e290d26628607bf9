import { Doorbell } from '../../shm/doorbell.ts'
import { RingWriter } from '../../shm/ring.ts'
import { RunReader } from '../../shm/run-reader.ts'
import type { Place } from '../../transport/channel.ts'
import { ALL_RANKS, FOR_AGENT, RECORD_HEADER_BYTES, recordBytes, RecordKind } from '../../wire/record.ts'
import { RecordCheck } from '../../wire/record-check.ts'
import { Inbox } from './inbox.ts'
import { PumpLoop } from './pump-loop.ts'
import { RecordStream, type RecordTaker } from './record-stream.ts'
import type { EndKind, RouterOptions } from './router-options.ts'

/** One rank has this much taken before the next one has its turn. */
const TURN_BYTES = 256 * 1024
const NO_BYTES = new Uint8Array(0)

/** What one rank has for other nodes and for the agent. */
interface Outflow {
  readonly reader: RunReader
  /** Parts of the ring that a channel has not sent yet, in order. */
  readonly lent: Loan[]
  /** The next record is for a channel that does not get on. */
  isBlocked: boolean
}

interface Loan {
  readonly nodeId: number
  /** Position of the ring's reader behind it. */
  readonly end: number
  isBack: boolean
}

/**
 * Moves records between the rings of this node's ranks and other nodes. It is the owner of the agent's endpoint and never blocks. Out
 * of a ring, runs of records for one node are handed to its channel where they lie; what a channel does not take stays in the ring,
 * and so with the rank. What a rank's ring cannot take waits here, bounded by the ranks' credit (rank/link/remote-credit.ts).
 */
export class Router implements RecordTaker {
  readonly mostBytes: number
  readonly #options: RouterOptions
  /** The agent's own endpoint. */
  readonly #agent: number
  readonly #loop: PumpLoop
  readonly #outflows: Outflow[] = []
  readonly #inboxes: Inbox[] = []
  /** By node: what takes its records apart. */
  readonly #streams = new Map<number, RecordStream>()
  /** By node: how many ranks it has. */
  readonly #ranks: readonly number[]
  /** The node whose records are being taken apart. */
  #from: number
  /** Who has the first turn of the next round. */
  #first = 0

  constructor(options: RouterOptions) {
    this.#options = options
    this.#from = options.nodeId
    const { node } = options
    this.#ranks = countRanks(options.nodeOfRank)
    this.#agent = node.endpoints - 1
    this.#loop = new PumpLoop({
      bell: new Doorbell(node, this.#agent),
      pump: () => this.#pump(),
      hasWork: () => this.#hasWork(),
      mayPoll: options.mayPoll,
      giveTurn: options.giveTurn,
    })
    for (let endpoint = 0; endpoint < this.#agent; endpoint++) {
      this.#outflows.push({ reader: new RunReader(node, endpoint, this.#agent), lent: [], isBlocked: false })
      this.#inboxes.push(new Inbox(new RingWriter(node, this.#agent, endpoint), (nodeId) => this.#ranks[nodeId] ?? 1))
    }
    this.mostBytes = this.#inboxes[0]?.most ?? 0
  }

  start(): void {
    this.#loop.start()
  }

  stop(): void {
    this.#loop.stop()
  }

  /** Moves what can move now. True: nothing could, and channels have sent all that they were given. */
  isIdle(): boolean {
    return !this.#pump() && this.#outflows.every(({ lent, isBlocked }) => lent.length === 0 && !isBlocked)
  }

  #hasWork(): boolean {
    return (
      this.#options.lines.hasTurn() ||
      this.#outflows.some(({ isBlocked, reader }) => !isBlocked && reader.hasNext()) ||
      this.#inboxes.some((inbox) => inbox.takeNewRoom())
    )
  }

  /** One round over all ranks; whether anything moved. */
  #pump(): boolean {
    const count = this.#outflows.length
    const { lines } = this.#options
    let moved = lines.hasTurn()
    if (moved) lines.goOn()
    for (let i = 0; i < count; i++) {
      const endpoint = (this.#first + i) % count
      if (this.#take(this.#outflows[endpoint], TURN_BYTES)) moved = true
      if (this.#inboxes[endpoint]?.retry() === true) moved = true
    }
    this.#first = (this.#first + 1) % count
    return moved
  }

  /** Takes about `most` bytes of records out of a rank's ring. */
  #take(outflow: Outflow | undefined, most: number): boolean {
    if (outflow === undefined) return false
    const { reader, lent } = outflow
    outflow.isBlocked = false
    let left = most
    while (left > 0 && reader.look()) {
      const { start } = reader
      if (isForNodes(reader.kind)) {
        const nodeId = this.#nodeOf(reader.dest)
        if (!this.#options.lines.canTake(nodeId)) {
          outflow.isBlocked = true
          break
        }
        const end = this.#passRun(reader, nodeId, start + left)
        left -= end - start
        const isBack = this.#options.lines.lend(nodeId, reader.bytes.subarray(start, end))
        if (!isBack) lent.push({ nodeId, end: reader.position, isBack })
      } else {
        left -= reader.length
        if (reader.kind === RecordKind.rest) this.#passRest(reader, lent)
        else this.#tell(reader)
      }
    }
    if (lent.length === 0) reader.giveBack(reader.position)
    return left < most
  }

  /** Passes records for the same node that lie side by side, up to `most`; returns where the last one ends. */
  #passRun(reader: RunReader, nodeId: number, most: number): number {
    let end = reader.start
    do {
      end += reader.length
      reader.pass()
    } while (
      end < most &&
      reader.look() &&
      reader.start === end &&
      isForNodes(reader.kind) &&
      this.#nodeOf(reader.dest) === nodeId
    )
    return end
  }

  /** The rest of a frame that the rank has begun to write itself. */
  #passRest(reader: RunReader, lent: Loan[]): void {
    const { dest: nodeId, bodyOffset, bodyBytes } = reader
    reader.pass()
    const isBack = this.#options.lines.lendRest(nodeId, reader.bytes.subarray(bodyOffset, bodyOffset + bodyBytes))
    if (!isBack) lent.push({ nodeId, end: reader.position, isBack })
  }

  #nodeOf(rank: number): number {
    return this.#options.nodeOfRank[rank] ?? -1
  }

  #tell(reader: RunReader): void {
    const { kind, source, bodyOffset, bodyBytes } = reader
    const body = reader.bytes.slice(bodyOffset, bodyOffset + bodyBytes)
    reader.pass()
    this.#options.onRankRecord(source, kind, body)
  }

  /** The channel to that node has sent everything, or is no more. */
  drained(nodeId: number): void {
    for (const outflow of this.#outflows) {
      const { lent, reader } = outflow
      for (const loan of lent) if (loan.nodeId === nodeId) loan.isBack = true
      for (let loan = lent[0]; loan?.isBack === true; loan = lent[0]) {
        lent.shift()
        reader.giveBack(lent.length === 0 ? reader.position : loan.end)
      }
    }
    this.#loop.round()
  }

  /**
   * Takes everything that a rank which is over has left in its ring, and tells the others `how` it has ended, if they are to hear of it.
   * `nodesToTell` is asked behind its last messages, since one of them may have been the first for its node. Returns the nodes that were told.
   */
  rankEnded(rank: number, how: EndKind | null, nodesToTell: () => readonly number[]): readonly number[] {
    const { nodeId: ownNode, lines } = this.#options
    const endpoint = this.endpointOf(rank)
    if (endpoint < 0) return []
    this.#takeRest(this.#outflows[endpoint])
    this.#inboxes[endpoint]?.close()
    if (how === null) return []
    const record = endRecord(how, rank)
    const toldNodes = nodesToTell()
    for (const nodeId of toldNodes) lines.send(nodeId, record)
    this.#deliver(ownNode, record)
    return toldNodes
  }

  /** Nobody waits for room in this ring any more, so what its channels do not take now is theirs as a copy. */
  #takeRest(outflow: Outflow | undefined): void {
    const reader = outflow?.reader
    while (reader?.look()) {
      const { start } = reader
      if (reader.kind === RecordKind.rest) this.#passLastRest(reader)
      else if (!isForNodes(reader.kind)) this.#tell(reader)
      else {
        const nodeId = this.#nodeOf(reader.dest)
        const end = this.#passRun(reader, nodeId, start + TURN_BYTES)
        this.#options.lines.send(nodeId, reader.bytes.slice(start, end))
      }
    }
  }

  #passLastRest(reader: RunReader): void {
    const { dest, bodyOffset, bodyBytes } = reader
    reader.pass()
    this.#options.lines.lendRest(dest, reader.bytes.slice(bodyOffset, bodyOffset + bodyBytes))
  }

  /** A rank of another node has finished, and nothing of it is on its way here. */
  rankFinished(rank: number): void {
    this.#deliver(this.#nodeOf(rank), endRecord(RecordKind.finished, rank))
  }

  /** A rank of another node is lost, and the job goes on. */
  rankLost(rank: number): void {
    this.#deliver(this.#nodeOf(rank), endRecord(RecordKind.lost, rank))
  }

  /** Nothing comes from that node any more or goes there: its ranks are lost, or with --pool have finished. */
  nodeLost(nodeId: number): void {
    this.drained(nodeId)
    for (const [rank, node] of this.#options.nodeOfRank.entries()) {
      if (node !== nodeId) continue
      if (this.#options.outlivesRanks) this.rankLost(rank)
      else this.rankFinished(rank)
    }
  }

  /** For a channel from another node's agent: what takes the bytes of its frames, in pieces as they come. */
  receiver(nodeId: number): (piece: Uint8Array) => void {
    const stream = this.#streamOf(nodeId)
    return (piece) => {
      // A rank reads while pieces come, many in one turn of the event loop: what waits for its ring goes on with each of them.
      for (const inbox of this.#inboxes) if (inbox.takeNewRoom()) inbox.retry()
      this.#from = nodeId
      stream.push(piece)
      this.#wakeReceivers()
    }
  }

  /**
   * Wakes who has got something from another node. Where ranks write to the socket themselves an answer does not come this way, but a stream that
   * follows what they have got does.
   */
  #wakeReceivers(): void {
    if (this.#wakeRanks()) this.#loop.expectAnswer()
  }

  #streamOf(nodeId: number): RecordStream {
    const known = this.#streams.get(nodeId)
    if (known !== undefined) return known
    const { nodeOfRank, nodeId: to } = this.#options
    const mostBodyBytes = this.mostBytes - RECORD_HEADER_BYTES
    const stream = new RecordStream(this, new RecordCheck({ nodeOfRank, from: nodeId, to, mostBodyBytes }))
    this.#streams.set(nodeId, stream)
    return stream
  }

  /** From the stream that is being taken apart. */
  refuse(what: string): void {
    this.#options.onMisfit(this.#from, what)
  }

  /** Where bytes that are for receiver() may be put instead. */
  place(nodeId: number): Place {
    const stream = this.#streamOf(nodeId)
    return {
      next: () => stream.next(),
      came: (count) => {
        this.#from = nodeId
        stream.came(count)
        this.#wakeReceivers()
      },
    }
  }

  begin(endpoint: number, bytes: number, evict: () => void): number {
    return this.#inboxes[endpoint]?.begin(bytes, evict) ?? -1
  }

  memoryOf(endpoint: number): Uint8Array {
    return this.#inboxes[endpoint]?.memory ?? NO_BYTES
  }

  end(endpoint: number, bytes: number): void {
    this.#inboxes[endpoint]?.end(bytes)
  }

  #deliver(from: number, record: Uint8Array): void {
    this.#from = from
    this.put(ALL_RANKS, record, 0, record.length)
    this.#wakeRanks()
  }

  /** Whether any has got something. */
  #wakeRanks(): boolean {
    let any = false
    for (const inbox of this.#inboxes) if (inbox.wake()) any = true
    return any
  }

  /** Puts a record of the agent's own into the ring of a rank of this node. */
  tellRank(rank: number, record: Uint8Array): void {
    this.#from = this.#options.nodeId
    const endpoint = this.endpointOf(rank)
    this.put(endpoint, record, 0, record.length)
    this.#inboxes[endpoint]?.wake()
  }

  endpointOf(dest: number): number {
    return dest === FOR_AGENT ? this.#agent : (this.#options.endpointOfRank[dest] ?? -1)
  }

  put(endpoint: number, records: Uint8Array, from: number, to: number): void {
    if (endpoint === this.#agent) return this.#putToAgent(records, from, to)
    if (endpoint !== ALL_RANKS) return this.#putTo(this.#inboxes[endpoint], records, from, to)
    for (const inbox of this.#inboxes) this.#putTo(inbox, records, from, to)
    // Only the end of a rank is told to all ranks, in a record without a body.
    const view = new DataView(records.buffer, records.byteOffset)
    for (let at = from; at < to; at += RECORD_HEADER_BYTES) this.#options.onFinished(view.getUint32(at + 8, true))
  }

  #putTo(inbox: Inbox | undefined, records: Uint8Array, from: number, to: number): void {
    if (inbox === undefined || inbox.put(this.#from, records, from, to)) return
    if (this.#from !== this.#options.nodeId) this.refuse('more than its ranks have credit for')
  }

  #putToAgent(records: Uint8Array, from: number, to: number): void {
    const view = new DataView(records.buffer, records.byteOffset)
    for (let at = from; at < to; ) {
      const bodyBytes = view.getUint32(at + 4, true)
      const body = new Uint8Array(records.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + bodyBytes))
      this.#options.onAgentRecord(view.getUint32(at + 8, true), view.getUint32(at, true), body)
      at += recordBytes(bodyBytes)
    }
  }
}

function countRanks(nodeOfRank: readonly number[]): number[] {
  const ranks: number[] = []
  for (const nodeId of nodeOfRank) ranks[nodeId] = (ranks[nodeId] ?? 0) + 1
  return ranks
}

function isForNodes(kind: number): boolean {
  return kind === RecordKind.begin || kind === RecordKind.part || kind === RecordKind.credit
}

function endRecord(how: EndKind, rank: number): Uint8Array {
  const words = new Uint32Array([how, 0, rank, ALL_RANKS])
  return new Uint8Array(words.buffer)
}
