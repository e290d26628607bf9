import { ENVELOPE_FLAG_SYNC, type Envelope } from '../../wire/envelope.ts'
import type { AllocatedMemory } from '../datatypes/allocated-memory.ts'
import type { Link, Loan } from '../link/link.ts'
import type { EndedRanks } from '../losses/ended-ranks.ts'
import type { Progress } from '../requests/pending-request.ts'
import type { Outbox } from './outbox.ts'
import { SendRequest } from './send-request.ts'

/** How long a blocking send waits for its receiver before it makes a copy: a few wake-ups, and the time of that copy. */
const PATIENCE_MS = 0.25
const PATIENCE_MS_PER_BYTE = 1e-7

/** A message that the receiver copies out of the sender's memory; done when it has. */
export class LoanRequest extends SendRequest {
  loan: Loan | null = null
  override get isSynchronous(): boolean {
    return this.isSync
  }
  private readonly isSync: boolean

  constructor(engine: Progress, call: string, envelope: Envelope, payload: Uint8Array, isSync: boolean) {
    super(engine, call, envelope, payload)
    this.isSync = isSync
  }

  override abandon(error: unknown): void {
    if (this.isPending && this.loan?.takeBack(true) === true) this.fail(error)
  }

  /** The caller gets its memory back, whatever becomes of the message. */
  override detach(): void {
    if (this.isPending && this.loan?.takeBack(true) === false) this.engine.waitFor(this, Number.POSITIVE_INFINITY)
  }
}

/** Messages out of memory of MPI.alloc to ranks of the same node: the receiver copies them once, straight into its own memory. */
export class Lending {
  private readonly engine: Progress
  private readonly link: Link
  private readonly allocated: AllocatedMemory
  private readonly outbox: Outbox
  private readonly ended: EndedRanks
  private readonly pending = new Set<LoanRequest>()

  constructor(engine: Progress, link: Link, allocated: AllocatedMemory, outbox: Outbox, ended: EndedRanks) {
    this.engine = engine
    this.link = link
    this.allocated = allocated
    this.outbox = outbox
    this.ended = ended
  }

  /** Lends a message; null where it is to be sent as any other. A synchronous one is done when it is matched, like every loan. */
  lend(call: string, envelope: Envelope, payload: Uint8Array): LoanRequest | null {
    const { dest, flags } = envelope
    if (this.link.lend === undefined || !this.allocated.has(payload.buffer)) return null
    if (dest === this.engine.rank || this.outbox.isBusy(dest) || this.ended.has(dest)) return null
    const isSync = (flags & ENVELOPE_FLAG_SYNC) !== 0
    const plain = isSync ? { ...envelope, flags: flags & ~ENVELOPE_FLAG_SYNC } : envelope
    const request = new LoanRequest(this.engine, call, plain, payload, isSync)
    const returned = (): void => {
      this.pending.delete(request)
      request.succeed()
    }
    request.loan = this.link.lend(plain, payload, returned)
    if (request.loan === null) return null
    this.pending.add(request)
    return request
  }

  /** Waits for a blocking standard send. What was given may be changed when it returns; it does not wait for a receiver that is late. */
  finish(request: LoanRequest, timeoutMs: number): void {
    const patienceMs = PATIENCE_MS + request.payload.length * PATIENCE_MS_PER_BYTE
    if (!this.engine.waitFor(request, Math.min(patienceMs, timeoutMs))) {
      if (request.loan?.takeBack(false) === true) {
        this.pending.delete(request)
        return
      }
    }
    request.finish(timeoutMs)
  }

  /** Forgets those of the pending messages; returns them. */
  dropIf(isDropped: (request: LoanRequest) => boolean): LoanRequest[] {
    const dropped = [...this.pending].filter(isDropped)
    for (const request of dropped) this.pending.delete(request)
    return dropped
  }
}
