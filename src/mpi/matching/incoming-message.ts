import type { Envelope } from '../../wire/envelope.ts'
import type { LatestBytes } from '../datatypes/datatype.ts'
import type { RankTable } from '../groups/rank-table.ts'
import type { BorrowedPayload } from '../link/link.ts'
import type { PendingRequest, Progress } from '../requests/pending-request.ts'
import type { Arrived, MatchQueues, Posted } from './matching.ts'

/** A receive as whoever brings it its message sees it: RecvRequest. */
export interface Receive extends PendingRequest<unknown>, Posted<Receive> {
  readonly scope: MessageSpace
  /** Element type that must come; -1: any. */
  readonly datatype: number
  /** Memory that the link may write to. */
  readonly memory: Uint8Array | null
  /** Whether a message that fits into `memory` need only be copied there, see acceptPlaced(). */
  readonly takesPlaced: boolean
  /** Memory for the payload of a matching message; null where it does not fit (`accept` says why). */
  memoryFor(envelope: Envelope): Uint8Array | null
  /** Whether a matching message may be in memory that others land in, while it is accepted. */
  mayLand(envelope: Envelope): boolean
  /** The message is there: the request is done. */
  accept(message: IncomingMessage): void
  /** The message is in `memory`: the request is done. `source`: world rank. */
  acceptPlaced(source: number, tag: number, byteLength: number): void
}

/** One communicator's messages of one kind, as receives see it: Scope. */
export interface MessageSpace {
  readonly engine: Receiving
  readonly context: MatchQueues<Receive, IncomingMessage>
  readonly ranks: RankTable
  /** Name of the communicator. */
  readonly name: string
}

/** What receives need of the engine. */
export interface Receiving extends Progress {
  /** Views that were received into. */
  readonly receivedBytes: LatestBytes
  readonly delivery: {
    /** Fails a posted receive to which no other rank can send any more. */
    failIfHopeless(receive: Receive): void
  }
  /** See Link. */
  misfit(source: number, what: string): void
}

/** A message that has begun to arrive. */
export class IncomingMessage implements Arrived<IncomingMessage> {
  readonly envelope: Envelope
  /** Memory of the payload: the receiver's own view where a receive was posted that it fits. */
  payload: Uint8Array
  /** The receive that it goes to. */
  receive: Receive | null = null
  /** Whether `payload` is the memory that the receive asked for. */
  isInPlace = false
  /** Whether `payload` is memory that the next message lands in too. */
  isLanding = false
  /** Where the payload is while it is at the sender. */
  borrowed: BorrowedPayload | null = null
  /** Whether all of the payload is there. */
  isWhole = false
  /** Whether its sender has ended before all of the payload was there. */
  isBroken = false
  /** Number of the announcement where the payload stays at the sender until the message is matched; 0: it comes, or has come. */
  announcement = 0
  /** Whether the sender's credit is in use for it. */
  usesCredit = false
  laneNext: IncomingMessage | null = null
  next: IncomingMessage | null = null
  previous: IncomingMessage | null = null
  isQueued = false

  constructor(envelope: Envelope, payload: Uint8Array) {
    this.envelope = envelope
    this.payload = payload
  }

  /** Its receive has failed: what comes goes nowhere. */
  detach(): void {
    this.receive = null
    this.isInPlace = false
    this.payload = new Uint8Array(this.envelope.byteLength)
  }
}
