import type { Ruling } from '../../wire/council-messages.ts'
import { ENVELOPE_FLAG_ACK, ENVELOPE_FLAG_SYNC, type Envelope } from '../../wire/envelope.ts'
import { ANY_SOURCE } from '../terms/constants.ts'
import { type Context, isForMessages } from '../matching/context.ts'
import { Contexts } from '../matching/contexts.ts'
import type { Engine } from './engine.ts'
import {
  ENVELOPE_FLAG_ANNOUNCED,
  ENVELOPE_FLAG_ANSWER,
  ENVELOPE_FLAG_CREDIT,
  ENVELOPE_FLAG_FAILED,
  ENVELOPE_FLAG_PAYLOAD,
  REPLIES,
} from '../../wire/envelope-flags.ts'
import { IncomingMessage } from '../matching/incoming-message.ts'
import { Landing } from '../datatypes/landing.ts'
import type { BorrowedPayload, LinkSink } from '../link/link.ts'
import { MPIError } from '../terms/mpi-error.ts'
import { Placing } from './placing.ts'
import { describeReceive, type RecvRequest } from '../matching/recv-request.ts'
import { isAnnounceable, readAnnouncement } from '../sending/rendezvous.ts'
import type { Scope } from './scope.ts'
import type { SendRequest } from '../sending/send-request.ts'

const EMPTY = new Uint8Array(0)

/** Brings messages and receives together: takes what the link delivers, and what receives ask for. */
export class Delivery implements LinkSink {
  private readonly engine: Engine
  private readonly contexts = new Contexts()
  private readonly placing: Placing
  /** By world rank of the sender: the message that is arriving; a sender finishes one before it begins the next. */
  private readonly arriving: (IncomingMessage | null)[]
  private readonly finishedRanks = new Set<number>()
  private readonly landing = new Landing()
  /** No more receives will be posted. */
  private isLeaving = false
  /** The receive that a blocking call waits for. */
  awaited: RecvRequest<unknown> | null = null
  /** A blocking call waits for a receive of the program alone: of what others have sent it needs nothing now. */
  leavesUnwanted = false
  /** Synchronous sends that are not matched yet, by the id in `Envelope.extra`. */
  private readonly unmatched = new Map<number, SendRequest>()

  constructor(engine: Engine, size: number) {
    this.engine = engine
    this.arriving = new Array<IncomingMessage | null>(size).fill(null)
    this.placing = new Placing(engine, this.contexts)
  }

  context(id: number): Context {
    return this.contexts.get(id)
  }

  /** Forgets a context; ids never come again. */
  forget(context: Context): void {
    for (const message of context.unexpected()) {
      if (message.announcement !== 0) this.refuse(message)
      else this.settle(message)
    }
    this.contexts.forget(context)
  }

  begin(envelope: Envelope): Uint8Array | null {
    const { flags, source } = envelope
    if ((flags & (REPLIES | ENVELOPE_FLAG_ANNOUNCED)) !== 0) {
      return envelope.byteLength === 0 ? EMPTY : new Uint8Array(envelope.byteLength)
    }
    const isPayload = (flags & ENVELOPE_FLAG_PAYLOAD) !== 0
    const message = isPayload
      ? this.engine.rendezvous.take(source, envelope.extra, envelope.byteLength)
      : this.start(envelope)
    if (message === null) return null
    this.arriving[source] = message
    return message.payload
  }

  complete(envelope: Envelope, payload: Uint8Array): void {
    const { flags } = envelope
    if ((flags & REPLIES) !== 0) return this.replied(envelope)
    if ((flags & ENVELOPE_FLAG_ANNOUNCED) !== 0) return this.announced(envelope, payload)
    const message = this.arriving[envelope.source] ?? null
    if (message === null) return
    this.arriving[envelope.source] = null
    this.finish(message)
  }

  place(source: number, context: number, tag: number, datatype: number, bytes: number): Uint8Array | null {
    return this.placing.place(source, context, tag, datatype, bytes)
  }

  placed(): void {
    this.placing.placed()
  }

  mayLeave(source: number, context: number): boolean {
    if (!this.leavesUnwanted || !isForMessages(context) || this.engine.rendezvous.isBusy) return false
    const { ofMessages, ofOthers } = this.contexts
    return !ofMessages.awaits(source) && ofOthers.total === 0 && this.unmatched.size === 0
  }

  hasEnough(): boolean {
    if (this.awaited === null || this.awaited.isPending) return false
    this.awaited = null
    return true
  }

  lent(envelope: Envelope, payload: BorrowedPayload): void {
    const context = this.contexts.of(envelope.context)
    const message = new IncomingMessage(envelope, EMPTY)
    message.borrowed = payload
    message.isWhole = true
    if (context.isRevoked) return
    message.receive = context.match(envelope)
    if (message.receive !== null) return this.hand(message.receive, message)
    context.arrive(message)
    context.watch?.unexpected(envelope)
  }

  /** Copies a lent payload to where the receive wants it. */
  private fetch(receive: RecvRequest<unknown>, message: IncomingMessage, payload: BorrowedPayload): void {
    const memory = receive.memoryFor(message.envelope)
    message.payload = memory ?? new Uint8Array(message.envelope.byteLength)
    message.isInPlace = memory !== null
    message.borrowed = null
    payload.copyInto(message.payload)
  }

  /** A message of this rank to itself: copied once, never through the link. */
  deliverToSelf(envelope: Envelope, payload: Uint8Array, isOwned: boolean): void {
    const context = this.contexts.of(envelope.context)
    const receive = context.match(envelope)
    const memory = receive?.memoryFor(envelope) ?? null
    if (memory !== null) memory.set(payload)
    const message = new IncomingMessage(envelope, memory ?? (isOwned ? payload : payload.slice()))
    message.isWhole = true
    message.isInPlace = memory !== null
    message.receive = receive
    if (receive === null) context.arrive(message)
    else this.hand(receive, message)
  }

  /** Gives a receive its message, or posts it. */
  receive(receive: RecvRequest<unknown>): void {
    const context = receive.scope.context
    const message = context.find(receive.source, receive.tag)
    if (message === null) {
      context.post(receive)
      if (this.finishedRanks.size === 0) return
      if (receive.source !== ANY_SOURCE) this.failIfHopeless(receive)
      // What may come from this rank itself fails when the program asks for it, see PendingRequest.asked(); but of a loss it is told at once.
      else if (this.isNewsOfLoss(receive)) {
        this.failIfHopeless(receive)
        this.engine.losses.tell(receive.scope)
      }
      return
    }
    context.take(message)
    this.attach(receive, message)
  }

  /** Makes a message that is out of its queue the one of `receive`. */
  attach(receive: RecvRequest<unknown>, message: IncomingMessage): void {
    message.receive = receive
    if (message.announcement !== 0) return this.ask(receive, message)
    this.settle(message)
    if (message.isWhole) this.hand(receive, message)
    else if (message.isBroken) this.failUnfinished(message)
  }

  /** The message is matched, so its sender gets the credit back. */
  private settle(message: IncomingMessage): void {
    if (!message.usesCredit) return
    message.usesCredit = false
    const { envelope } = message
    const bytes = this.engine.credit.settle(envelope.source, envelope.byteLength)
    if (bytes > 0) this.engine.reply(envelope, ENVELOPE_FLAG_CREDIT, bytes)
  }

  /** A message has come whose payload waits at the sender. */
  private announced(envelope: Envelope, body: Uint8Array): void {
    const { byteLength, number } = readAnnouncement(body)
    if (!isAnnounceable(byteLength)) return this.engine.misfit(envelope.source, `a message of ${byteLength} bytes`)
    const whole = { ...envelope, flags: envelope.flags & ~ENVELOPE_FLAG_ANNOUNCED, byteLength }
    const message = new IncomingMessage(whole, EMPTY)
    message.announcement = number
    const context = this.contexts.of(whole.context)
    // The sender gives it up when it hears of it.
    if (context.isRevoked) return
    const receive = context.match(whole)
    if (receive !== null) return this.attach(receive, message)
    if (this.isLeaving) return this.refuse(message)
    context.arrive(message)
    context.watch?.unexpected(whole)
  }

  /** Throws the messages away that wait for a receive in a revoked context. */
  discardUnexpected(context: Context): void {
    for (const message of context.unexpected()) {
      context.take(message)
      this.settle(message)
    }
  }

  /** Asks the sender of an announced message that is matched for the payload. */
  private ask(receive: RecvRequest<unknown>, message: IncomingMessage): void {
    const { envelope, announcement } = message
    if (this.hasFinished(envelope.source)) return this.failUnfinished(message)
    const memory = receive.memoryFor(envelope)
    message.payload = memory ?? new Uint8Array(envelope.byteLength)
    message.isInPlace = memory !== null
    this.engine.rendezvous.expect(message)
    this.engine.reply(envelope, ENVELOPE_FLAG_ANSWER, announcement, 0)
  }

  private refuse({ envelope, announcement }: IncomingMessage): void {
    this.engine.reply(envelope, ENVELOPE_FLAG_ANSWER, announcement, 1)
  }

  /** This rank will post no more receives: senders of announced messages need not wait for one. */
  refuseAnnounced(): void {
    this.isLeaving = true
    for (const context of this.contexts.all()) {
      for (const message of context.unexpected()) if (message.announcement !== 0) this.refuse(message)
    }
  }

  /** Registers a synchronous send, which is done when the receiver says that it is matched. */
  awaitMatch(request: SendRequest): void {
    if (this.finishedRanks.has(request.envelope.dest)) request.fail(this.engine.sendFailure(request))
    else this.unmatched.set(request.envelope.extra, request)
  }

  /** Forgets those of the synchronous sends that are not matched; returns them. */
  dropUnmatched(isDropped: (request: SendRequest) => boolean): SendRequest[] {
    const dropped = [...this.unmatched.values()].filter(isDropped)
    for (const { envelope } of dropped) this.unmatched.delete(envelope.extra)
    return dropped
  }

  /** Whether nothing more can come from `source` (world rank or ANY_SOURCE), because it has finished. */
  isHopeless(scope: Scope, source: number): boolean {
    if (this.finishedRanks.size === 0) return false
    if (source !== ANY_SOURCE) return this.finishedRanks.has(source)
    if (this.engine.losses.untold(scope).length > 0) return true
    return scope.ranks.size > 1 && this.isOver(scope, source)
  }

  /** Whether `source` is this rank alone or ranks that have finished. */
  isOver({ ranks }: Scope, source: number): boolean {
    if (source !== ANY_SOURCE) return source === this.engine.rank || this.finishedRanks.has(source)
    for (let rank = 0; rank < ranks.size; rank += 1) {
      if (rank !== ranks.rank && !this.finishedRanks.has(ranks.worldOf(rank))) return false
    }
    return true
  }

  /** The error for a receive or probe that is hopeless. */
  finishedError(call: string, scope: Scope, source: number, tag: number): MPIError {
    const lost = this.engine.losses.relevant(scope, source)
    if (lost.length > 0) return this.engine.losses.error(call, describeReceive(call, scope, source, tag), scope, lost)
    const who = source === ANY_SOURCE ? 'all other ranks have' : `rank ${scope.ranks.rankOf(source)} has`
    const reason = `${who} finished, so nothing more can come from there in ${scope.name}`
    const what = describeReceive(call, scope, source, tag)
    return new MPIError('ERR_PROC_FAILED', this.engine.rank, call, `${what}: ${reason}`)
  }

  get isAnyFinished(): boolean {
    return this.finishedRanks.size > 0
  }

  hasFinished(rank: number): boolean {
    return this.finishedRanks.size > 0 && this.finishedRanks.has(rank)
  }

  lost(rank: number): void {
    if (this.finishedRanks.has(rank)) return
    this.engine.losses.add(rank)
    for (const { ranks, watch } of this.contexts.all()) if (ranks?.rankOf(rank) !== undefined) watch?.broken()
    this.finished(rank)
  }

  ruled(ruling: Ruling): void {
    this.engine.ruled(ruling)
  }

  finished(rank: number): void {
    this.finishedRanks.add(rank)
    this.giveUpArriving(rank)
    for (const context of this.contexts.all()) {
      for (const receive of context.postedFor(rank)) this.failIfHopeless(receive)
      const wild = context.postedFor(ANY_SOURCE).filter((receive) => this.isNewsOfLoss(receive))
      for (const receive of wild) this.failIfHopeless(receive)
      const [first] = wild
      if (first !== undefined) this.engine.losses.tell(first.scope)
    }
    for (const request of this.engine.awaited) this.engine.askSoon(request)
    // A standard send is done when it is buffered; that its receiver never asked for it does not change that, unless it is lost.
    const { outbox, rendezvous, losses } = this.engine
    for (const request of [...outbox.drop(rank), ...rendezvous.drop(rank)]) {
      if (losses.has(rank)) request.fail(this.engine.sendFailure(request))
      else if (!request.isSynchronous) request.succeed()
    }
    this.engine.lending.finished(rank)
    for (const request of this.dropUnmatched(({ envelope }) => envelope.dest === rank)) {
      request.fail(this.engine.sendFailure(request))
    }
  }

  /** A rank has ended in the middle of a message: the rest of it never comes. */
  private giveUpArriving(rank: number): void {
    const message = this.arriving[rank] ?? null
    this.arriving[rank] = null
    if (message !== null) {
      message.isBroken = true
      if (message.isLanding) this.landing.free()
      this.failUnfinished(message)
    }
    for (const expected of this.engine.rendezvous.giveUp(rank)) this.failUnfinished(expected)
  }

  private failUnfinished({ receive, envelope }: IncomingMessage): void {
    receive?.fail(this.finishedError(receive.call, receive.scope, envelope.source, envelope.tag))
  }

  private start(envelope: Envelope): IncomingMessage {
    const context = this.contexts.of(envelope.context)
    const isFailure = (envelope.flags & ENVELOPE_FLAG_FAILED) !== 0
    const receive = isFailure || context.isRevoked ? null : context.match(envelope)
    const memory = receive?.memoryFor(envelope) ?? null
    const mayLand = memory === null && receive !== null && receive.mayLand(envelope)
    const landing = mayLand ? this.landing.take(envelope.byteLength) : null
    const message = new IncomingMessage(envelope, memory ?? landing ?? new Uint8Array(envelope.byteLength))
    message.isInPlace = memory !== null
    message.isLanding = landing !== null
    message.receive = receive
    message.usesCredit = !isFailure
    if (receive !== null || context.isRevoked) this.settle(message)
    else if (!isFailure) {
      context.arrive(message)
      context.watch?.unexpected(envelope)
    }
    return message
  }

  private finish(message: IncomingMessage): void {
    message.isWhole = true
    if ((message.envelope.flags & ENVELOPE_FLAG_FAILED) !== 0) {
      const context = this.contexts.of(message.envelope.context)
      if (context.watch === null) context.earlyFailures.push(message)
      else context.watch.failed(message)
    } else if (message.receive !== null) {
      this.hand(message.receive, message)
      if (message.isLanding) this.landing.free()
    }
  }

  private hand(receive: RecvRequest<unknown>, message: IncomingMessage): void {
    const { envelope } = message
    if (message.borrowed !== null) this.fetch(receive, message, message.borrowed)
    if ((envelope.flags & ENVELOPE_FLAG_SYNC) !== 0) {
      if (envelope.source === this.engine.rank) this.acknowledged(envelope.extra)
      else this.engine.reply(envelope, ENVELOPE_FLAG_ACK, envelope.extra)
    }
    receive.accept(message)
  }

  private replied(envelope: Envelope): void {
    const { flags, extra } = envelope
    if ((flags & ENVELOPE_FLAG_ACK) !== 0) this.acknowledged(extra)
    else if ((flags & ENVELOPE_FLAG_CREDIT) !== 0) this.engine.credit.returned(envelope.source, extra)
    else this.engine.answered(extra, envelope.tag === 0)
  }

  private acknowledged(id: number): void {
    const request = this.unmatched.get(id)
    this.unmatched.delete(id)
    request?.succeed()
  }

  private isNewsOfLoss({ scope }: RecvRequest<unknown>): boolean {
    return this.engine.losses.untold(scope).length > 0
  }

  // Everything that a finished rank sent has been delivered before, so a posted receive that waits for it waits for ever.
  failIfHopeless(receive: RecvRequest<unknown>): void {
    if (!this.isHopeless(receive.scope, receive.source) || !receive.scope.context.withdraw(receive)) return
    receive.fail(this.finishedError(receive.call, receive.scope, receive.source, receive.tag))
  }
}
