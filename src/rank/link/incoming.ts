import type { LinkSink } from '../../mpi/link/link.ts'
import type { Doorbell } from '../../shm/doorbell.ts'
import type { RingReader } from '../../shm/ring.ts'
import type { Ruling } from '../../wire/council-messages.ts'
import { ENVELOPE_BYTES, readEnvelope } from '../../wire/envelope.ts'
import { RecordKind } from '../../wire/record.ts'
import { Arrivals } from './arrivals.ts'
import { LentPayload } from '../loans/borrower.ts'
import type { Lender } from '../loans/lender.ts'
import { readLoan } from '../loans/loan-table.ts'
import { overflowReader } from './overflow-memory.ts'
import type { RemoteCredit } from './remote-credit.ts'
import type { SharedBuffers } from '../loans/shared-buffers.ts'
import type { SocketSender } from './socket-sender.ts'

interface Parts {
  /** Local endpoint of each world rank, -1: on another node, reached through the agent. */
  readonly endpointOfRank: Int32Array
  /** By endpoint, the agent's last: the ring, or the overflow ring, that records come from now. */
  readonly readers: RingReader[]
  /** Of all endpoints of the node. */
  readonly bells: readonly Doorbell[]
  readonly credit: RemoteCredit
  readonly lender: Lender | null
  readonly sockets: SocketSender | null
  readonly buffers: SharedBuffers | null
}

/** What the agent says that concerns no message. */
interface Notices {
  /** A reply of the rank `source` to a request to its window, on another node. */
  windowReply(source: number, bytes: Uint8Array): void
  /** See Link. */
  misfit(source: number, what: string): void
  /** No rank can get on, as the table says. */
  deadlocked(table: string): void
}

/** Reads the rings of a rank, and hands what has come to who wants it. */
export class Incoming {
  readonly #endpointOfRank: Int32Array
  readonly #readers: RingReader[]
  /** By endpoint: of the ring of the pair, in use or not. */
  readonly #ringReaders: readonly RingReader[]
  readonly #agent: number
  readonly #bells: readonly Doorbell[]
  readonly #credit: RemoteCredit
  readonly #lender: Lender | null
  readonly #sockets: SocketSender | null
  readonly #buffers: SharedBuffers | null
  readonly #arrivals: Arrivals
  readonly #notices: Notices

  constructor(parts: Parts, notices: Notices) {
    this.#endpointOfRank = parts.endpointOfRank
    this.#readers = parts.readers
    this.#ringReaders = [...parts.readers]
    this.#agent = parts.readers.length - 1
    this.#bells = parts.bells
    this.#credit = parts.credit
    this.#lender = parts.lender
    this.#sockets = parts.sockets
    this.#buffers = parts.buffers
    this.#arrivals = new Arrivals(parts.endpointOfRank, parts.credit, (source, what) => notices.misfit(source, what))
    this.#notices = notices
  }

  /** As Link.receive(). */
  receive(sink: LinkSink): boolean {
    let any = this.#lender?.collect() ?? false
    for (let endpoint = 0; endpoint < this.#agent; endpoint++) if (this.#drain(endpoint, sink, true)) any = true
    if (this.#drain(this.#agent, sink, true)) {
      any = true
      this.#sockets?.heard()
    }
    this.#credit.giveBack()
    return any
  }

  /** Delivers what an endpoint has sent: all of it, or where it may leave some, what the sink wants. Whether there was anything. */
  #drain(endpoint: number, sink: LinkSink, mayLeave: boolean): boolean {
    let any = false
    let reader = this.#readers[endpoint]
    while (reader?.next()) {
      if (reader.kind !== RecordKind.begin) reader = this.#other(reader, endpoint, sink)
      else if (!this.#arrivals.begin(reader, sink, mayLeave)) break
      any = true
      if (mayLeave && sink.hasEnough()) break
    }
    reader?.flush()
    return any
  }

  /** Takes a record that does not begin a message. Returns where the next one is. */
  #other(reader: RingReader, endpoint: number, sink: LinkSink): RingReader {
    switch (reader.kind) {
      case RecordKind.part:
        this.#arrivals.part(reader, sink)
        break
      case RecordKind.loan:
        this.#lent(reader, sink)
        break
      case RecordKind.windowReply:
        this.#windowReply(reader)
        break
      case RecordKind.credit:
        this.#credit.received(reader.source, reader.floats[reader.bodyOffset >>> 3] ?? 0)
        reader.release()
        break
      case RecordKind.finished:
      case RecordKind.lost:
        this.#ended(reader, sink)
        break
      case RecordKind.ruling:
        // Written by the agent, of what the coordinator has sent.
        sink.ruled(JSON.parse(takeText(reader)) as Ruling)
        break
      case RecordKind.deadlock:
        this.#notices.deadlocked(takeText(reader))
        break
      case RecordKind.overflow:
      case RecordKind.backToRing:
        return this.#changeReader(reader, endpoint)
      default:
        throw new Error(`unexpected record of kind ${reader.kind} for a rank`)
    }
    return reader
  }

  /** The sender's records go on in another ring. The release is the last use of an overflow ring, whose sender may then use it again. */
  #changeReader(reader: RingReader, endpoint: number): RingReader {
    const { kind, source, dest } = reader
    const next = kind === RecordKind.overflow ? this.#openOverflow(source, dest) : this.#ringReaders[endpoint]
    if (next === undefined) throw new RangeError(`no endpoint ${endpoint} on this node`)
    reader.release()
    this.#readers[endpoint] = next
    return next
  }

  #openOverflow(source: number, id: number): RingReader {
    if (this.#buffers === null) throw new Error(`rank ${source} has an overflow ring for a rank without shared buffers`)
    return overflowReader(this.#buffers, source, id, this.#bellOf(source))
  }

  #lent(reader: RingReader, sink: LinkSink): void {
    const { source, bodyOffset } = reader
    const envelope = readEnvelope(reader.words, reader.floats, bodyOffset)
    const record = readLoan(reader.words, reader.floats, bodyOffset + ENVELOPE_BYTES)
    reader.release()
    const buffers = this.#buffers
    if (buffers === null) throw new Error(`rank ${source} has lent a message to a rank without shared buffers`)
    sink.lent(envelope, new LentPayload(buffers, source, record, this.#bellOf(source)))
  }

  #windowReply(reader: RingReader): void {
    const { source, bodyOffset, bodyBytes } = reader
    const bytes = reader.bytes.slice(bodyOffset, bodyOffset + bodyBytes)
    reader.release()
    this.#notices.windowReply(source, bytes)
  }

  #bellOf(rank: number): Doorbell {
    const endpoint = this.#endpointOfRank[rank] ?? -1
    const bell = this.#bells[endpoint]
    if (bell === undefined) throw new RangeError(`rank ${rank} is not on this node`)
    return bell
  }

  /** The agent says that a rank has ended. What a rank of this node sent is in its own ring, so that ring is read first. */
  #ended(reader: RingReader, sink: LinkSink): void {
    const { source, kind } = reader
    reader.release()
    const endpoint = this.#endpointOfRank[source] ?? -1
    if (endpoint >= 0) this.#drain(endpoint, sink, false)
    this.#lender?.finished(source)
    if (kind === RecordKind.lost) sink.lost(source)
    else sink.finished(source)
  }
}

/** Takes a record that is text. */
function takeText(reader: RingReader): string {
  const { bytes, bodyOffset, bodyBytes } = reader
  const text = new TextDecoder().decode(bytes.slice(bodyOffset, bodyOffset + bodyBytes))
  reader.release()
  return text
}
