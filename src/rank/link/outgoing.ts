import { copyBytes } from '../../base/copy-bytes.ts'
import type { RingWriter } from '../../shm/ring.ts'
import { ENVELOPE_BYTES, type Envelope, writeEnvelope } from '../../wire/envelope.ts'
import { RecordKind } from '../../wire/record.ts'
import type { Lender, LentMessage } from '../loans/lender.ts'
import { LOAN_BYTES, writeLoan } from '../loans/loan-table.ts'
import type { OverflowSender } from './overflow.ts'
import type { RemoteCredit } from './remote-credit.ts'
import type { SocketSender } from './socket-sender.ts'

/** A fragment that does not finish its message is at least this long, so that a nearly full ring is not filled with crumbs. */
const LEAST_FRAGMENT = 1024
/** And between ranks of a node at most this long, so that the receiver of a large message reads while it is written. */
const MOST_FRAGMENT = 64 * 1024

interface Parts {
  readonly rank: number
  /** Local endpoint of each world rank, -1: on another node, reached through the agent. */
  readonly endpointOfRank: Int32Array
  /** By endpoint: the ring, or the overflow ring, that records go to now. */
  readonly writers: readonly RingWriter[]
  readonly toAgent: RingWriter
  readonly credit: RemoteCredit
  readonly overflow: OverflowSender | null
  readonly lender: Lender | null
  readonly sockets: SocketSender | null
}

/** Writes a rank's messages to rings and sockets, in fragments where there is no room for all. */
export class Outgoing {
  readonly #rank: number
  readonly #endpointOfRank: Int32Array
  readonly #writers: readonly RingWriter[]
  readonly #toAgent: RingWriter
  readonly #credit: RemoteCredit
  readonly #overflow: OverflowSender | null
  readonly #lender: Lender | null
  readonly #sockets: SocketSender | null

  constructor(parts: Parts) {
    this.#rank = parts.rank
    this.#endpointOfRank = parts.endpointOfRank
    this.#writers = parts.writers
    this.#toAgent = parts.toAgent
    this.#credit = parts.credit
    this.#overflow = parts.overflow
    this.#lender = parts.lender
    this.#sockets = parts.sockets
  }

  /** As Link.trySend(). */
  trySend(envelope: Envelope, payload: Uint8Array, from: number): number {
    const endpoint = this.#endpointOfRank[envelope.dest] ?? -1
    if (endpoint < 0) return this.#sendRemote(envelope, payload, from)
    const taken = this.#write(this.#nextWriter(endpoint), false, envelope, payload, from)
    if (taken === payload.length || this.#overflow === null) return taken
    if (!this.#overflow.changeOver(endpoint)) return taken
    return this.#write(this.#writerOf(endpoint), false, envelope, payload, Math.max(taken, 0))
  }

  #sendRemote(envelope: Envelope, payload: Uint8Array, from: number): number {
    let taken = this.#sockets?.trySend(envelope, payload, from) ?? from
    if (taken < payload.length || !this.#sockets) taken = this.#write(this.#toAgent, true, envelope, payload, taken)
    return taken
  }

  /** The ring that the next record for a rank of this node goes to. */
  #nextWriter(endpoint: number): RingWriter {
    if (this.#overflow?.isUsed === true) this.#overflow.catchUp(endpoint)
    return this.#writerOf(endpoint)
  }

  #writerOf(endpoint: number): RingWriter {
    const writer = this.#writers[endpoint]
    if (writer === undefined) throw new RangeError(`no endpoint ${endpoint} on this node`)
    return writer
  }

  #write(writer: RingWriter, isRemote: boolean, envelope: Envelope, payload: Uint8Array, from: number): number {
    let taken = from
    // The first fragment carries the envelope and must go out even when the payload is empty.
    if (taken <= 0) {
      const allowed = this.#allowance(isRemote, envelope.dest, payload.length)
      const least = ENVELOPE_BYTES + Math.min(payload.length, LEAST_FRAGMENT)
      if (allowed < 0 || !writer.reserve(least, ENVELOPE_BYTES + allowed)) return -1
      const bytes = Math.min(allowed, writer.room - ENVELOPE_BYTES)
      writeEnvelope(writer.words, writer.floats, writer.bodyOffset, envelope)
      copyBytes(payload, 0, writer.bytes, writer.bodyOffset + ENVELOPE_BYTES, bytes)
      writer.commit(RecordKind.begin, this.#rank, envelope.dest, ENVELOPE_BYTES + bytes)
      if (isRemote) this.#credit.sent(envelope.dest, bytes)
      taken = bytes
    }
    while (taken < payload.length) {
      const allowed = this.#allowance(isRemote, envelope.dest, payload.length - taken)
      if (allowed <= 0 || !writer.reserve(Math.min(allowed, LEAST_FRAGMENT), allowed)) break
      copyBytes(payload, taken, writer.bytes, writer.bodyOffset, writer.room)
      const bytes = writer.room
      writer.commit(RecordKind.part, this.#rank, envelope.dest, bytes)
      if (isRemote) this.#credit.sent(envelope.dest, bytes)
      taken += bytes
    }
    return taken
  }

  /** Of `rest` bytes that are left of a message, how many the next record may have. */
  #allowance(isRemote: boolean, dest: number, rest: number): number {
    return isRemote ? this.#credit.allowance(dest, rest) : Math.min(rest, MOST_FRAGMENT)
  }

  /** As Link.lend(). */
  lend(envelope: Envelope, payload: Uint8Array, onReturn: () => void): LentMessage | null {
    const { dest } = envelope
    const endpoint = this.#endpointOfRank[dest] ?? -1
    const lender = this.#lender
    if (lender === null || endpoint < 0) return null
    const loan = lender.prepare(dest, payload, onReturn)
    if (loan === null) return null
    const writer = this.#nextWriter(endpoint)
    if (!writer.reserve(LOAN_BYTES, LOAN_BYTES)) {
      lender.abandon(loan)
      return null
    }
    writeEnvelope(writer.words, writer.floats, writer.bodyOffset, envelope)
    writeLoan(writer.words, writer.floats, writer.bodyOffset + ENVELOPE_BYTES, loan.record)
    writer.commit(RecordKind.loan, this.#rank, dest, LOAN_BYTES)
    return loan
  }
}
