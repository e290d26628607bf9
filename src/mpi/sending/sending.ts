import { MOST_BRIEF_BYTES } from '../../wire/codec.ts'
import { type Envelope, makeEnvelope } from '../../wire/envelope.ts'
import { ENVELOPE_FLAG_CREDIT, ENVELOPE_FLAG_FAILED } from '../../wire/envelope-flags.ts'
import type { AllocatedMemory } from '../datatypes/allocated-memory.ts'
import { MemoryPool } from '../datatypes/memory-pool.ts'
import type { Link } from '../link/link.ts'
import { lostError } from '../losses/comm-failure.ts'
import type { EndedRanks } from '../losses/ended-ranks.ts'
import type { Progress } from '../requests/pending-request.ts'
import { MPIError } from '../terms/mpi-error.ts'
import { Credit } from './credit.ts'
import { Lending } from './lending.ts'
import { Outbox } from './outbox.ts'
import { Rendezvous } from './rendezvous.ts'
import { SendRequest } from './send-request.ts'

const NO_BYTES = new Uint8Array(0)

/** Delivers a message of a rank to itself. */
type ToSelf = (envelope: Envelope, payload: Uint8Array, isOwned: boolean) => void

/** What a rank sends: messages of every mode, and what it tells the senders of those that have come. */
export class Sending {
  readonly outbox: Outbox
  readonly credit: Credit
  readonly rendezvous: Rendezvous
  /** Messages that their receivers copy out of memory of MPI.alloc. */
  readonly lending: Lending
  /** Memory for copies of what waits, and for collectives to work in. */
  readonly memory: MemoryPool = new MemoryPool()
  private readonly engine: Progress
  private readonly rank: number
  private readonly ended: EndedRanks
  private readonly toSelf: ToSelf
  /** Synchronous sends that are not matched yet, by the id in `Envelope.extra`. */
  private readonly unmatched = new Map<number, SendRequest>()
  private latestId = 0

  /** `creditBytes`: see credit.ts. */
  constructor(
    engine: Progress,
    link: Link,
    allocated: AllocatedMemory,
    ended: EndedRanks,
    creditBytes: number,
    toSelf: ToSelf,
  ) {
    this.engine = engine
    this.rank = link.rank
    this.ended = ended
    this.toSelf = toSelf
    this.outbox = new Outbox(link)
    this.credit = new Credit(link.size, creditBytes)
    this.rendezvous = new Rendezvous(link.size)
    this.lending = new Lending(engine, link, allocated, this.outbox, ended)
  }

  /** Whether messages have not left: the link has not taken them, or their receivers have not matched what is only announced. */
  get isPending(): boolean {
    return !this.outbox.isEmpty || this.rendezvous.isWaiting
  }

  /** Whether a synchronous send waits to be matched. */
  get awaitsMatch(): boolean {
    return this.unmatched.size > 0
  }

  /** An id for the next synchronous send. */
  nextId(): number {
    this.latestId = (this.latestId + 1) & 0x7fffffff
    return this.latestId
  }

  /**
   * Sends a standard message; blocks until the link has taken it whole, and beyond the receiver's credit until it is matched. Nobody
   * changes a payload of more than MOST_BRIEF_BYTES meanwhile; a smaller one is copied where it has to wait.
   */
  send(call: string, envelope: Envelope, payload: Uint8Array, timeoutMs: number): void {
    const { dest } = envelope
    if (dest === this.rank) return this.toSelf(envelope, payload, false)
    const isAnnounced = !this.credit.tryUse(dest, payload.byteLength)
    const taken = isAnnounced ? -1 : this.outbox.trySend(envelope, payload)
    if (taken === payload.byteLength || this.ended.has(dest)) return
    const kept = payload.byteLength <= MOST_BRIEF_BYTES ? Uint8Array.from(payload) : payload
    const request = new SendRequest(this.engine, call, envelope, kept)
    request.taken = taken
    if (isAnnounced) this.announce(request)
    else this.outbox.enqueue(request)
    try {
      if (!this.engine.waitFor(request, timeoutMs)) throw request.timeoutError(timeoutMs)
    } catch (error) {
      // A message that has begun must be finished: the caller gets its memory back, the link a copy.
      if (!this.outbox.withdraw(request)) request.payload = kept.slice()
      throw error
    }
    return request.result()
  }

  /**
   * Begins a standard message. null: the link has taken it whole. Otherwise a request that is done when it has; what is not taken yet is
   * copied unless `isOwned`.
   */
  begin(call: string, envelope: Envelope, payload: Uint8Array, isOwned: boolean): SendRequest | null {
    const { dest, flags } = envelope
    if (dest === this.rank) {
      this.toSelf(envelope, payload, isOwned)
      return null
    }
    const isAnnounced = (flags & ENVELOPE_FLAG_FAILED) === 0 && !this.credit.tryUse(dest, payload.byteLength)
    if (!isAnnounced) return this.transmit(call, envelope, payload, isOwned)
    if (this.ended.has(dest)) return null
    const request = new SendRequest(this.engine, call, envelope, payload)
    if (!isOwned) request.keep(this.memory)
    this.announce(request)
    // Nobody may wait for it, and still it has to leave.
    request.then(undefined, () => undefined)
    return request
  }

  /** Sends a message whose envelope has ENVELOPE_FLAG_SYNC; the request is done when the receiver has matched it. */
  sendSynchronous(call: string, envelope: Envelope, payload: Uint8Array, isOwned: boolean): SendRequest {
    const request = new SendRequest(this.engine, call, envelope, payload)
    this.awaitMatch(request)
    if (!request.isPending) return request
    if (envelope.dest === this.rank) {
      this.toSelf(envelope, payload, isOwned)
      return request
    }
    const isAnnounced = !this.credit.tryUse(envelope.dest, payload.byteLength)
    if (!isAnnounced) request.taken = this.outbox.trySend(envelope, payload)
    if (request.taken === payload.byteLength) return request
    if (!isOwned) request.keep(this.memory)
    if (isAnnounced) this.announce(request)
    else this.outbox.enqueue(request)
    return request
  }

  /** Gives a message to the link, as `begin`, whatever the credit. */
  private transmit(call: string, envelope: Envelope, payload: Uint8Array, isOwned: boolean): SendRequest | null {
    const taken = this.outbox.trySend(envelope, payload)
    if (taken === payload.byteLength || this.ended.has(envelope.dest)) return null
    const request = new SendRequest(this.engine, call, envelope, payload)
    request.taken = taken
    if (!isOwned) request.keep(this.memory)
    this.outbox.enqueue(request)
    request.then(undefined, () => undefined)
    return request
  }

  private announce(request: SendRequest): void {
    const { envelope, body } = this.rendezvous.announce(request)
    this.transmit(request.call, envelope, body, true)
  }

  /** The receiver of an announced message has matched it (`isWanted`), or will never ask for it. */
  answered(number: number, isWanted: boolean): void {
    const request = this.rendezvous.answered(number)
    if (request === null) return
    if (!isWanted) {
      // A standard send is done when it is buffered. A synchronous one hears soon that its receiver has finished.
      if (!request.isSynchronous) request.succeed()
      return
    }
    request.taken = this.outbox.trySend(request.carrier, request.payload)
    if (request.taken < request.payload.byteLength) this.outbox.enqueue(request)
    else if (!request.isSynchronous) request.succeed()
  }

  /** Tells the sender of a message something about it. */
  reply(source: number, context: number, tag: number, flags: number, extra: number): void {
    this.transmit('reply', makeEnvelope(this.rank, source, context, tag, 0, flags, extra, 0), NO_BYTES, true)
  }

  /** A message is matched: its sender gets the credit back, with that of others. */
  settle(source: number, context: number, tag: number, bytes: number): void {
    const due = this.credit.settle(source, bytes)
    if (due > 0) this.reply(source, context, tag, ENVELOPE_FLAG_CREDIT, due)
  }

  /** Registers a synchronous send, which is done when the receiver says that it is matched. */
  private awaitMatch(request: SendRequest): void {
    if (this.ended.has(request.envelope.dest)) request.fail(this.failure(request))
    else this.unmatched.set(request.envelope.extra, request)
  }

  /** A synchronous send is matched. */
  matched(id: number): void {
    const request = this.unmatched.get(id)
    this.unmatched.delete(id)
    request?.succeed()
  }

  /** Forgets those of the synchronous sends that are not matched; returns them. */
  dropUnmatched(isDropped: (request: SendRequest) => boolean): SendRequest[] {
    const dropped = [...this.unmatched.values()].filter(isDropped)
    for (const { envelope } of dropped) this.unmatched.delete(envelope.extra)
    return dropped
  }

  /** `rank` has ended: a standard send to it is done, unless it is lost, and a synchronous one fails. */
  rankEnded(rank: number): void {
    const { ended, lending, outbox, rendezvous } = this
    const isTo = ({ envelope }: SendRequest): boolean => envelope.dest === rank
    // A standard send is done when it is buffered; that its receiver never asked for it does not change that, unless it is lost.
    for (const request of [...outbox.drop(rank), ...rendezvous.drop(rank)]) {
      if (ended.losses.has(rank)) request.fail(this.failure(request))
      else if (!request.isSynchronous) request.succeed()
    }
    for (const request of lending.dropIf(isTo)) {
      if (request.isSynchronous || ended.losses.has(rank)) request.fail(this.failure(request))
      else request.succeed()
    }
    for (const request of this.dropUnmatched(isTo)) request.fail(this.failure(request))
  }

  /** The error for a message whose receiver has ended before it was matched. */
  private failure(request: SendRequest): MPIError {
    const { dest } = request.envelope
    if (this.ended.losses.has(dest)) {
      const { rank, name } = this.engine.receiverOf(request.envelope)
      return lostError(this.rank, request.call, request.describe(), { lost: [rank], name })
    }
    const reason = `rank ${dest} has finished without receiving the message`
    return new MPIError('ERR_PROC_FAILED', this.rank, request.call, `${request.describe()}: ${reason}`)
  }
}
