import type { Ruling } from '../../wire/council-messages.ts'
import { ENVELOPE_FLAG_ACK, ENVELOPE_FLAG_SYNC, type Envelope } from '../../wire/envelope.ts'
import { ANY_SOURCE } from '../terms/constants.ts'
import { type Context, isForMessages } from '../matching/context.ts'
import { Contexts } from '../matching/contexts.ts'
import {
  ENVELOPE_FLAG_ANNOUNCED,
  ENVELOPE_FLAG_ANSWER,
  ENVELOPE_FLAG_CREDIT,
  ENVELOPE_FLAG_FAILED,
  ENVELOPE_FLAG_PAYLOAD,
  REPLIES,
} from '../../wire/envelope-flags.ts'
import { IncomingMessage, type Receive } from '../matching/incoming-message.ts'
import { Landing } from '../datatypes/landing.ts'
import type { EndedRanks } from '../losses/ended-ranks.ts'
import type { BorrowedPayload, Link, LinkSink } from '../link/link.ts'
import { Placing } from './placing.ts'
import { isAnnounceable, readAnnouncement } from '../sending/rendezvous.ts'
import type { Sending } from '../sending/sending.ts'

const EMPTY = new Uint8Array(0)

/** Who hears of what the link delivers beside messages: the engine. */
export interface Hearer {
  /** Something has been settled for a communicator. */
  ruled(ruling: Ruling): void
  /** A rank has ended, and what it has sent is delivered. */
  rankEnded(): void
  /** See Link. */
  misfit(source: number, what: string): void
}

/** Brings messages and receives together: takes what the link delivers, and what receives ask for. */
export class Delivery implements LinkSink {
  private readonly rank: number
  private readonly sending: Sending
  private readonly ended: EndedRanks
  private readonly hearer: Hearer
  private readonly contexts = new Contexts()
  private readonly placing: Placing
  /** By world rank of the sender: the message that is arriving; a sender finishes one before it begins the next. */
  private readonly arriving: (IncomingMessage | null)[]
  private readonly landing = new Landing()
  /** No more receives will be posted. */
  private isLeaving = false
  /** The receive that a blocking call waits for. */
  awaited: Receive | null = null
  /** A blocking call waits for a receive of the program alone: of what others have sent it needs nothing now. */
  leavesUnwanted = false

  constructor(link: Link, sending: Sending, ended: EndedRanks, hearer: Hearer) {
    this.rank = link.rank
    this.sending = sending
    this.ended = ended
    this.hearer = hearer
    this.arriving = new Array<IncomingMessage | null>(link.size).fill(null)
    this.placing = new Placing(sending, this.contexts)
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
      ? this.sending.rendezvous.take(source, envelope.extra, envelope.byteLength)
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
    if (!this.leavesUnwanted || !isForMessages(context) || this.sending.rendezvous.isBusy) return false
    const { ofMessages, ofOthers } = this.contexts
    return !ofMessages.awaits(source) && ofOthers.total === 0 && !this.sending.awaitsMatch
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
  private fetch(receive: Receive, message: IncomingMessage, payload: BorrowedPayload): void {
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
  receive(receive: Receive): void {
    const context = receive.scope.context
    const message = context.find(receive.source, receive.tag)
    if (message === null) {
      context.post(receive)
      if (!this.ended.any) return
      if (receive.source !== ANY_SOURCE) this.failIfHopeless(receive)
      // What may come from this rank itself fails when the program asks for it, see PendingRequest.asked(); but of a loss it is told at once.
      else if (this.ended.isNews(receive)) {
        this.failIfHopeless(receive)
        this.ended.losses.tell(receive.scope)
      }
      return
    }
    context.take(message)
    this.attach(receive, message)
  }

  /** Makes a message that is out of its queue the one of `receive`. */
  attach(receive: Receive, message: IncomingMessage): void {
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
    const { source, context, tag, byteLength } = message.envelope
    this.sending.settle(source, context, tag, byteLength)
  }

  /** A message has come whose payload waits at the sender. */
  private announced(envelope: Envelope, body: Uint8Array): void {
    const { byteLength, number } = readAnnouncement(body)
    if (!isAnnounceable(byteLength)) return this.hearer.misfit(envelope.source, `a message of ${byteLength} bytes`)
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
  private ask(receive: Receive, message: IncomingMessage): void {
    const { envelope, announcement } = message
    if (this.ended.has(envelope.source)) return this.failUnfinished(message)
    const memory = receive.memoryFor(envelope)
    message.payload = memory ?? new Uint8Array(envelope.byteLength)
    message.isInPlace = memory !== null
    this.sending.rendezvous.expect(message)
    this.answer(envelope, announcement, true)
  }

  private answer({ source, context }: Envelope, announcement: number, isWanted: boolean): void {
    this.sending.reply(source, context, isWanted ? 0 : 1, ENVELOPE_FLAG_ANSWER, announcement)
  }

  private refuse({ envelope, announcement }: IncomingMessage): void {
    this.answer(envelope, announcement, false)
  }

  /** This rank will post no more receives: senders of announced messages need not wait for one. */
  refuseAnnounced(): void {
    this.isLeaving = true
    for (const context of this.contexts.all()) {
      for (const message of context.unexpected()) if (message.announcement !== 0) this.refuse(message)
    }
  }

  lost(rank: number): void {
    if (this.ended.has(rank)) return
    this.ended.losses.add(rank)
    for (const { ranks, watch } of this.contexts.all()) if (ranks?.rankOf(rank) !== undefined) watch?.broken()
    this.finished(rank)
  }

  ruled(ruling: Ruling): void {
    this.hearer.ruled(ruling)
  }

  finished(rank: number): void {
    this.ended.add(rank)
    this.giveUpArriving(rank)
    for (const context of this.contexts.all()) {
      for (const receive of context.postedFor(rank)) this.failIfHopeless(receive)
      const wild = context.postedFor(ANY_SOURCE).filter((receive) => this.ended.isNews(receive))
      for (const receive of wild) this.failIfHopeless(receive)
      const [first] = wild
      if (first !== undefined) this.ended.losses.tell(first.scope)
    }
    this.hearer.rankEnded()
    this.sending.rankEnded(rank)
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
    for (const expected of this.sending.rendezvous.giveUp(rank)) this.failUnfinished(expected)
  }

  private failUnfinished({ receive, envelope }: IncomingMessage): void {
    receive?.fail(this.ended.error(receive.call, receive.scope, envelope.source, envelope.tag))
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

  private hand(receive: Receive, message: IncomingMessage): void {
    const { envelope } = message
    if (message.borrowed !== null) this.fetch(receive, message, message.borrowed)
    if ((envelope.flags & ENVELOPE_FLAG_SYNC) !== 0) {
      const { source, context, tag, extra } = envelope
      if (source === this.rank) this.sending.matched(extra)
      else this.sending.reply(source, context, tag, ENVELOPE_FLAG_ACK, extra)
    }
    receive.accept(message)
  }

  private replied(envelope: Envelope): void {
    const { flags, extra } = envelope
    if ((flags & ENVELOPE_FLAG_ACK) !== 0) this.sending.matched(extra)
    else if ((flags & ENVELOPE_FLAG_CREDIT) !== 0) this.sending.credit.returned(envelope.source, extra)
    else this.sending.answered(extra, envelope.tag === 0)
  }

  /** Fails a posted receive that waits for ever: everything that a rank which has ended sent has been delivered before. */
  failIfHopeless(receive: Receive): void {
    if (!this.ended.isHopeless(receive.scope, receive.source) || !receive.scope.context.withdraw(receive)) return
    receive.fail(this.ended.error(receive.call, receive.scope, receive.source, receive.tag))
  }
}
