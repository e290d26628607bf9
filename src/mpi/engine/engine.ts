import type { BriefLink, Link, SharedMemory } from '../link/link.ts'
import type { Envelope } from '../../wire/envelope.ts'
import type { Ruling } from '../../wire/council-messages.ts'
import { AllocatedMemory } from '../datatypes/allocated-memory.ts'
import { LatestBytes } from '../datatypes/datatype.ts'
import { Landing } from '../datatypes/landing.ts'
import { Watching } from '../link/watching.ts'
import { Agreements } from '../losses/agreement.ts'
import { EndedRanks } from '../losses/ended-ranks.ts'
import type { Losses } from '../losses/losses.ts'
import type { Receiving } from '../matching/incoming-message.ts'
import type { Continuation, PendingRequest } from '../requests/pending-request.ts'
import { CREDIT_BYTES } from '../sending/credit.ts'
import type { Outbox } from '../sending/outbox.ts'
import { Sending } from '../sending/sending.ts'
import { Delivery, type Hearer } from './delivery.ts'
import { EventLoop } from './event-loop.ts'
import { revokeContexts } from './revocation.ts'
import { Waits } from './waits.ts'

/**
 * Moves the messages of one rank. Its sides: `sending`, what leaves; `delivery`, what comes and the receives that it goes to; `ended`, the ranks
 * from which nothing comes any more; and, as Waits, how the rank blocks.
 */
export class Engine extends Waits implements Receiving, Hearer {
  readonly sending: Sending
  readonly delivery: Delivery
  readonly ended: EndedRanks
  readonly losses: Losses
  readonly agreements: Agreements
  /** Memory that the program has from MPI.alloc. */
  readonly allocated: AllocatedMemory = new AllocatedMemory()
  /** Views that were sent and received into. */
  readonly sentBytes: LatestBytes = new LatestBytes()
  readonly receivedBytes: LatestBytes = new LatestBytes()
  /** Requests that look for themselves whether they are done. */
  readonly watching: Watching
  /** Short ways, see brief-messages.ts. */
  readonly briefLink: BriefLink | null
  readonly briefLanding: Landing = new Landing()
  /** What is to be said at the end of the rank, by who says it. */
  readonly farewells: Map<object, () => void> = new Map()
  private readonly outbox: Outbox
  private readonly eventLoop: EventLoop
  private readonly readyOnes: Continuation[] = []
  private pausedOnes: Continuation[] = []

  /** `creditBytes`: see credit.ts. */
  constructor(link: Link, creditBytes: number = CREDIT_BYTES) {
    super(link)
    this.briefLink = link.brief ?? null
    this.ended = new EndedRanks(link.rank)
    this.losses = this.ended.losses
    this.agreements = new Agreements(link.submit === undefined ? null : (motion) => link.submit?.(motion))
    this.sending = new Sending(this, link, this.allocated, this.ended, creditBytes, (envelope, payload, isOwned) =>
      this.delivery.deliverToSelf(envelope, payload, isOwned),
    )
    this.outbox = this.sending.outbox
    this.watching = new Watching(link)
    this.delivery = new Delivery(link, this.sending, this.ended, this)
    this.eventLoop = new EventLoop(link, this)
  }

  askSoon(request: PendingRequest<unknown>): void {
    if (!this.ended.any) return
    setImmediate(() => {
      request.asked()
      this.progress()
    })
  }

  /** A rank has ended. */
  rankEnded(): void {
    for (const request of this.awaited) this.askSoon(request)
  }

  /** See Link. */
  misfit(source: number, what: string): void {
    this.link.misfit?.(source, what)
  }

  /** What has been settled for a communicator. */
  ruled(ruling: Ruling): void {
    if (ruling.type === 'agreed') this.agreements.settled(ruling)
    else this.revoke(ruling.comm)
  }

  /** On this rank. */
  revoke(comm: number): void {
    revokeContexts(this.rank, this.delivery, this.sending, comm)
  }

  progress(): boolean {
    let moved = this.link.receive(this.delivery)
    // Behind it: where what has come was credit for what waits to leave, nothing else may ever come.
    if (!this.outbox.isEmpty && this.outbox.push()) moved = true
    if (!this.watching.isEmpty && this.watching.look()) moved = true
    if (this.pausedOnes.length > 0) {
      const paused = this.pausedOnes
      this.pausedOnes = []
      this.readyOnes.push(...paused)
    }
    if (this.readyOnes.length === 0) return moved
    for (let one = this.readyOnes.shift(); one !== undefined; one = this.readyOnes.shift()) {
      one.resume()
      moved = true
    }
    return moved
  }

  /** Whether a receive has nothing to heed but its message: nothing waits to be sent or to go on, and no rank has ended. */
  get isCalm(): boolean {
    const { outbox, readyOnes, pausedOnes, ended, watching } = this
    return outbox.isEmpty && watching.isEmpty && readyOnes.length === 0 && pausedOnes.length === 0 && !ended.any
  }

  protected get mayGoOn(): boolean {
    return this.readyOnes.length > 0
  }

  /** Says what others must hear before they hear that this rank has finished. */
  takeLeave(): void {
    for (const farewell of this.farewells.values()) farewell()
    this.farewells.clear()
    this.delivery.refuseAnnounced()
  }

  /** Whether messages have not left: the link has not taken them, or their receivers have not matched what is only announced. */
  get hasPendingSends(): boolean {
    return this.sending.isPending
  }

  /** Memory that this rank shares with others of its node; null: none. */
  get shared(): SharedMemory | null {
    return this.link.shared ?? null
  }

  receiverOf({ context, dest }: Envelope): { readonly rank: number; readonly name: string } {
    const { ranks, communicator } = this.delivery.context(context)
    return { rank: ranks?.rankOf(dest) ?? dest, name: communicator?.name ?? 'a freed communicator' }
  }

  hold(): void {
    this.eventLoop.hold()
  }

  release(): void {
    this.eventLoop.release()
  }

  ready(continuation: Continuation): void {
    this.readyOnes.push(continuation)
  }

  /** Calls `continuation.resume()` after messages have moved and, unless a call blocks, the event loop has turned. */
  pause(continuation: Continuation): void {
    this.pausedOnes.push(continuation)
    this.eventLoop.turnSoon()
  }
}
