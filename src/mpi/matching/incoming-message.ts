import type { Envelope } from '../../wire/envelope.ts'
import type { BorrowedPayload } from '../link/link.ts'
import type { Arrived } from './matching.ts'
import type { RecvRequest } from './recv-request.ts'

/** A message that has begun to arrive. */
export class IncomingMessage implements Arrived<IncomingMessage> {
  readonly envelope: Envelope
  /** Memory of the payload: the receiver's own view where a receive was posted that it fits. */
  payload: Uint8Array
  /** The receive that it goes to. */
  receive: RecvRequest<unknown> | null = null
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
