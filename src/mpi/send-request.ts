import { ENVELOPE_FLAG_SYNC, type Envelope } from '../wire/envelope.ts'
import { PendingRequest, type Progress } from './pending-request.ts'

/** A message that the link could not take whole at once, or that waits to be matched. */
export class SendRequest extends PendingRequest<void> {
  readonly call: string
  readonly envelope: Envelope
  payload: Uint8Array
  /** What goes in front of the payload on the link: the envelope, or that of the payload of an announced message. */
  carrier: Envelope
  /** Bytes that the link has taken; -1: not even the envelope. */
  taken = -1
  /** The next message to the same rank. */
  next: SendRequest | null = null

  constructor(engine: Progress, call: string, envelope: Envelope, payload: Uint8Array) {
    super(engine)
    this.call = call
    this.envelope = envelope
    this.payload = payload
    this.carrier = envelope
  }

  get isSynchronous(): boolean {
    return (this.envelope.flags & ENVELOPE_FLAG_SYNC) !== 0
  }

  describe(): string {
    return `${this.call}(dest = ${this.engine.receiverOf(this.envelope).rank}, tag = ${this.envelope.tag})`
  }

  override describeFully(): string {
    return `${this.describe()} in ${this.engine.receiverOf(this.envelope).name}`
  }

  /** The caller gets its memory back before the request is done. */
  detach(): void {
    if (this.isPending) this.payload = this.payload.slice()
  }

  protected value(): void {}
}
