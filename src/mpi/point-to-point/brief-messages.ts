import { isQuicklyDecoded } from '../../wire/codec.ts'
import { Datatype } from '../../wire/envelope.ts'
import { ANY_TAG } from '../terms/constants.ts'
import {
  datatypeName,
  datatypeOf,
  elementBytes,
  isGone,
  isView,
  MOST_BYTES as MOST_VIEW_BYTES,
  viewOfBytes,
} from '../datatypes/datatype.ts'
import type { Engine } from '../engine/engine.ts'
import type { Landing } from '../datatypes/landing.ts'
import type { BriefLink } from '../link/link.ts'
import { receivedValue } from '../matching/received-value.ts'
import type { Scope } from '../engine/scope.ts'
import type { Sending } from '../sending/sending.ts'
import { Status } from '../terms/status.ts'

/** So many receives in a row at most look at nothing but their own message; then everything else moves on, too. */
const MOST_IN_A_ROW = 32
/** Longer messages are not sent this way: with them it is the copies that take time. */
const MOST_BYTES = 4096

/** What a receive returns that has to go the long way. */
export const NO_MESSAGE: unique symbol = Symbol('no message')

/**
 * Calls for small messages, when there is nothing else to heed: no request, envelope or queue is made for
 * them, which would take several times as long as the message. What each call has to check for that is all here; whatever is not so simple,
 * mistakes in arguments too, is left to the long way, PointToPoint and Delivery, as if nothing had been tried.
 *
 * A message that is taken here is the one that the long way would take. Its sender finishes each message before it begins the next, and the
 * link shows the earliest of that sender that this rank has not read; no read one waits for a receive (`unexpectedCount`), and no receive that
 * was posted earlier could want it (`postedCount`).
 */
export class BriefMessages {
  private readonly scope: Scope
  private readonly engine: Engine
  private readonly sending: Sending
  private readonly link: BriefLink | null
  private readonly landing: Landing
  private inARow = 0

  constructor(scope: Scope) {
    this.scope = scope
    this.engine = scope.engine
    this.sending = scope.engine.sending
    this.link = scope.engine.briefLink
    this.landing = scope.engine.briefLanding
  }

  /** Sends a standard message to a world rank; false: it is still to be sent. Arguments have been checked. */
  send(dest: number, tag: number, datatype: number, payload: Uint8Array): boolean {
    const { link, sending } = this
    const bytes = payload.length
    if (link === null || bytes > MOST_BYTES || dest === this.engine.rank || !sending.outbox.isEmpty) return false
    if (!sending.credit.tryUse(dest, bytes)) return false
    if (link.send(dest, this.scope.context.context, tag, datatype, payload)) return true
    sending.credit.notUsed(dest, bytes)
    return false
  }

  /** Receives into a view, from a rank of the communicator; null: nothing was received. */
  receiveInto(view: unknown, source: number, tag: number): Status | null {
    if (!this.look(source, tag)) return null
    const link = this.link as BriefLink
    const bytes = this.memoryOf(view, link)
    if (bytes === null) return null
    const status = new Status()
    status.source = source
    status.tag = link.tag
    status.bytes = link.bytes
    status.count = link.bytes / elementBytes(link.datatype)
    status.type = datatypeName(link.datatype)
    link.take(bytes)
    this.settle(source)
    return status
  }

  /** The bytes of a view that the message which the link shows fits into; null: it does not, or this is none. */
  private memoryOf(view: unknown, link: BriefLink): Uint8Array | null {
    const { receivedBytes } = this.engine
    if (!receivedBytes.has(view)) {
      if (!isView(view) || view.byteLength > MOST_VIEW_BYTES || isGone(view)) return null
      if (link.datatype !== datatypeOf(view)) return null
      const bytes = receivedBytes.of(view)
      return link.bytes > bytes.length ? null : bytes
    }
    const { bytes, datatype } = receivedBytes
    return link.datatype !== datatype || link.bytes > bytes.length ? null : bytes
  }

  /** Receives a message of any type; NO_MESSAGE: nothing was received. */
  receive(source: number, tag: number): unknown {
    if (!this.look(source, tag)) return NO_MESSAGE
    const { datatype, bytes } = this.link as BriefLink
    if (datatype !== Datatype.value) return viewOfBytes(datatype, this.take(new Uint8Array(bytes), source))
    const landing = this.landing.take(bytes)
    if (landing === null) return this.decode(this.take(new Uint8Array(bytes), source), source)
    this.landing.free()
    const payload = this.take(landing, source)
    return this.decode(isQuicklyDecoded(payload) ? payload : Uint8Array.from(payload), source)
  }

  private decode(bytes: Uint8Array, source: number): unknown {
    return receivedValue(this.engine, 'recv', this.scope.ranks.worldOf(source), bytes)
  }

  private take(memory: Uint8Array, source: number): Uint8Array {
    const link = this.link as BriefLink
    link.take(memory)
    this.settle(source)
    return memory
  }

  /** Whether the link shows a message that a receive of (source, tag) takes. */
  private look(source: number, tag: number): boolean {
    const { link, scope, engine } = this
    const { context, ranks } = scope
    if (link === null || context.unexpectedCount > 0 || context.postedCount > 0 || context.isRevoked) return false
    if (source >>> 0 !== source || source >= ranks.size || (tag | 0) !== tag || tag < ANY_TAG) return false
    if (!engine.isCalm || this.inARow >= MOST_IN_A_ROW) {
      this.inARow = 0
      return false
    }
    if (!link.look(ranks.worldOf(source), context.context)) return false
    this.inARow += 1
    return tag === link.tag || tag === ANY_TAG
  }

  /** The sender gets its credit back, as in Delivery. */
  private settle(source: number): void {
    const { scope, sending } = this
    const { context, ranks } = scope
    const world = ranks.worldOf(source)
    const { tag, bytes } = this.link as BriefLink
    sending.settle(world, context.context, tag, bytes)
  }
}
