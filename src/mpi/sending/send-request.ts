import { copyBytes } from '../../base/copy-bytes.ts'
import { ENVELOPE_FLAG_SYNC, type Envelope } from '../../wire/envelope.ts'
import type { MemoryPool } from '../datatypes/memory-pool.ts'
import { PendingRequest, type Progress } from '../requests/pending-request.ts'

/** Copies of smaller payloads have memory of their own, which costs less than to look after it. */
const POOLED_BYTES = 32 * 1024
const NO_BYTES = new Uint8Array(0)

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
  private pool: MemoryPool | null = null
  /** Of `pool`. */
  private memory: ArrayBuffer | null = null

  constructor(engine: Progress, call: string, envelope: Envelope, payload: Uint8Array) {
    super(engine)
    this.call = call
    this.envelope = envelope
    this.payload = payload
    this.carrier = envelope
  }

  /** The caller may change the payload from now on: copies what the link has not taken, into memory that is used again where it is large. */
  keep(pool: MemoryPool): void {
    const { payload } = this
    if (payload.byteLength < POOLED_BYTES) {
      this.payload = payload.slice()
      return
    }
    const from = Math.max(this.taken, 0)
    this.pool = pool
    this.memory = pool.take(payload.byteLength)
    this.payload = new Uint8Array(this.memory, 0, payload.byteLength)
    copyBytes(payload, from, this.payload, from, payload.byteLength - from)
  }

  /** Nobody reads the payload any more: the link has taken it whole, or will not. */
  override succeed(): void {
    super.succeed()
    if (this.memory === null) return
    this.payload = NO_BYTES
    this.pool?.giveBack(this.memory)
    this.memory = null
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

  /** Waits for a send of a blocking call, which gets its memory back whatever happens. */
  finish(timeoutMs: number): void {
    try {
      if (!this.engine.waitFor(this, timeoutMs)) throw this.timeoutError(timeoutMs)
    } catch (error) {
      this.detach()
      throw error
    }
    this.result()
  }

  protected value(): void {}
}
