import { MOST_BRIEF_BYTES } from '../../wire/codec.ts'
import { type CollectiveWait, MISMATCH_PREFIX } from '../../wire/control-messages.ts'
import { type Envelope, makeEnvelope } from '../../wire/envelope.ts'
import type { Ruling } from '../../wire/council-messages.ts'
import { Agreements } from '../losses/agreement.ts'
import { AllocatedMemory } from '../datatypes/allocated-memory.ts'
import { lostError, revokedError } from '../losses/comm-failure.ts'
import { ANY_SOURCE } from '../terms/constants.ts'
import type { Context } from '../matching/context.ts'
import { Credit, CREDIT_BYTES } from '../sending/credit.ts'
import { LatestBytes } from '../datatypes/datatype.ts'
import { Delivery } from './delivery.ts'
import { EventLoop } from './event-loop.ts'
import { ENVELOPE_FLAG_FAILED } from '../../wire/envelope-flags.ts'
import type { IncomingMessage } from '../matching/incoming-message.ts'
import { Landing } from '../datatypes/landing.ts'
import { Lending } from '../sending/lending.ts'
import type { BriefLink, Link, SharedMemory, Watch } from '../link/link.ts'
import { Losses } from '../losses/losses.ts'
import { MemoryPool } from '../datatypes/memory-pool.ts'
import { MPIError } from '../terms/mpi-error.ts'
import { Outbox } from '../sending/outbox.ts'
import type { Continuation, PendingRequest, Progress } from '../requests/pending-request.ts'
import { RecvRequest } from '../matching/recv-request.ts'
import { Rendezvous } from '../sending/rendezvous.ts'
import { revokeContexts } from './revocation.ts'
import type { Scope } from './scope.ts'
import { SendRequest } from '../sending/send-request.ts'
import { Watching } from '../link/watching.ts'

/** A limit, so that the rank does not count as one that waits for messages of others alone. */
const A_WHILE_MS = 2 ** 30
const NO_BYTES = new Uint8Array(0)
const FLUSHING = 'flushing'
/** Collectives of awaited requests that a rank tells of. */
const MOST_WAITS = 4

/** Moves the messages of one rank: everything that a communicator does comes down to `send`, `receive` and waiting here. */
export class Engine implements Progress {
  readonly rank: number
  readonly size: number
  readonly outbox: Outbox
  /** Memory that the program has from MPI.alloc. */
  readonly allocated: AllocatedMemory = new AllocatedMemory()
  /** Memory that collectives work in. */
  readonly memory: MemoryPool = new MemoryPool()
  /** Messages that their receivers copy out of `allocated`. */
  readonly lending: Lending
  /** Views that were sent and received into. */
  readonly sentBytes: LatestBytes = new LatestBytes()
  readonly receivedBytes: LatestBytes = new LatestBytes()
  readonly credit: Credit
  readonly losses: Losses
  readonly agreements: Agreements
  readonly rendezvous: Rendezvous
  /** Requests that look for themselves whether they are done. */
  readonly watching: Watching
  /** Short ways, see brief-messages.ts. */
  readonly briefLink: BriefLink | null
  readonly briefLanding: Landing = new Landing()
  private readonly link: Link
  private readonly delivery: Delivery
  private readonly eventLoop: EventLoop
  /** What is to be said at the end of the rank, by who says it. */
  readonly farewells: Map<object, () => void> = new Map()
  private readonly readyOnes: Continuation[] = []
  private pausedOnes: Continuation[] = []
  private nextSendId = 0
  /** The request for which the call that runs sleeps, or has slept. */
  private waitingFor: PendingRequest<unknown> | null = null
  /** The program is over, and messages of it have not left. */
  private isFlushing = false
  /** What `describeWait` or `describeAwaited` has told of. */
  private described: PendingRequest<unknown> | PendingRequest<unknown>[] | typeof FLUSHING | null = null
  /** Set while `waitingFor` or `flush` waits for ever: who waits for whom. */
  private deadlockTable: string | null = null
  readonly awaited: Set<PendingRequest<unknown>> = new Set()

  /** `creditBytes`: see credit.ts. */
  constructor(link: Link, creditBytes: number = CREDIT_BYTES) {
    this.link = link
    this.briefLink = link.brief ?? null
    this.rank = link.rank
    this.size = link.size
    this.outbox = new Outbox(link)
    this.lending = new Lending(this, link, this.allocated)
    this.losses = new Losses(link.rank)
    this.agreements = new Agreements(link.submit === undefined ? null : (motion) => link.submit?.(motion))
    this.credit = new Credit(link.size, creditBytes)
    this.rendezvous = new Rendezvous(link.size)
    this.watching = new Watching(link)
    this.delivery = new Delivery(this, link.size)
    this.eventLoop = new EventLoop(link, this)
  }

  context(id: number): Context {
    return this.delivery.context(id)
  }

  forget(context: Context): void {
    this.delivery.forget(context)
  }

  /** An id for the next synchronous send. */
  sendId(): number {
    this.nextSendId = (this.nextSendId + 1) & 0x7fffffff
    return this.nextSendId
  }

  /**
   * Sends a standard message; blocks until the link has taken it whole, and beyond the receiver's credit until it is matched. Nobody
   * changes a payload of more than MOST_BRIEF_BYTES meanwhile; a smaller one is copied where it has to wait.
   */
  send(call: string, envelope: Envelope, payload: Uint8Array, timeoutMs: number): void {
    const { dest } = envelope
    if (dest === this.rank) return this.delivery.deliverToSelf(envelope, payload, false)
    const isAnnounced = !this.credit.tryUse(dest, payload.byteLength)
    const taken = isAnnounced ? -1 : this.outbox.trySend(envelope, payload)
    if (taken === payload.byteLength || this.delivery.hasFinished(dest)) return
    const kept = payload.byteLength <= MOST_BRIEF_BYTES ? Uint8Array.from(payload) : payload
    const request = new SendRequest(this, call, envelope, kept)
    request.taken = taken
    if (isAnnounced) this.announce(request)
    else this.outbox.enqueue(request)
    try {
      if (!this.waitFor(request, timeoutMs)) throw request.timeoutError(timeoutMs)
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
  beginSend(call: string, envelope: Envelope, payload: Uint8Array, isOwned: boolean): SendRequest | null {
    const { dest, flags } = envelope
    if (dest === this.rank) {
      this.delivery.deliverToSelf(envelope, payload, isOwned)
      return null
    }
    const isAnnounced = (flags & ENVELOPE_FLAG_FAILED) === 0 && !this.credit.tryUse(dest, payload.byteLength)
    if (!isAnnounced) return this.transmit(call, envelope, payload, isOwned)
    if (this.delivery.hasFinished(dest)) return null
    const request = new SendRequest(this, call, envelope, payload)
    if (!isOwned) request.keep(this.memory)
    this.announce(request)
    // Nobody may wait for it, and still it has to leave.
    request.then(undefined, () => undefined)
    return request
  }

  /** Sends a message whose envelope has ENVELOPE_FLAG_SYNC; the request is done when the receiver has matched it. */
  sendSynchronous(call: string, envelope: Envelope, payload: Uint8Array, isOwned: boolean): SendRequest {
    const request = new SendRequest(this, call, envelope, payload)
    this.delivery.awaitMatch(request)
    if (!request.isPending) return request
    if (envelope.dest === this.rank) {
      this.delivery.deliverToSelf(envelope, payload, isOwned)
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

  /** Gives a message to the link, as `beginSend`, whatever the credit. */
  private transmit(call: string, envelope: Envelope, payload: Uint8Array, isOwned: boolean): SendRequest | null {
    const taken = this.outbox.trySend(envelope, payload)
    if (taken === payload.byteLength || this.delivery.hasFinished(envelope.dest)) return null
    const request = new SendRequest(this, call, envelope, payload)
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
  reply(envelope: Envelope, flags: number, extra: number, tag: number = envelope.tag): void {
    const { source, context } = envelope
    const answer = makeEnvelope(this.rank, source, context, tag, 0, flags, extra, 0)
    this.transmit('reply', answer, NO_BYTES, true)
  }

  /** See Link. */
  misfit(source: number, what: string): void {
    this.link.misfit?.(source, what)
  }

  receive(receive: RecvRequest<unknown>): void {
    this.delivery.receive(receive)
  }

  /** Fails a posted receive to which no other rank can send any more. */
  failIfHopeless(receive: RecvRequest<unknown>): void {
    this.delivery.failIfHopeless(receive)
  }

  askSoon(request: PendingRequest<unknown>): void {
    if (!this.delivery.isAnyFinished) return
    setImmediate(() => {
      request.asked()
      this.progress()
    })
  }

  /** Whether a rank has ended in order. */
  hasFinished(rank: number): boolean {
    return this.delivery.hasFinished(rank)
  }

  /** What has been settled for a communicator. */
  ruled(ruling: Ruling): void {
    if (ruling.type === 'agreed') this.agreements.settled(ruling)
    else this.revoke(ruling.comm)
  }

  /** On this rank. */
  revoke(comm: number): void {
    revokeContexts(this, this.delivery, comm)
  }

  /** Whether a receive from `source` (world rank or ANY_SOURCE) fails, because it is lost or the program has not heard of a loss yet. */
  awaitsLost(scope: Scope, source: number): boolean {
    return this.losses.relevant(scope, source).length > 0
  }

  /** The error for a message whose receiver has ended before it was matched. */
  sendFailure(request: SendRequest): MPIError {
    const { dest } = request.envelope
    if (this.losses.has(dest)) {
      const { rank, name } = this.receiverOf(request.envelope)
      return lostError(this.rank, request.call, request.describe(), { lost: [rank], name })
    }
    const reason = `rank ${dest} has finished without receiving the message`
    return new MPIError('ERR_PROC_FAILED', this.rank, request.call, `${request.describe()}: ${reason}`)
  }

  /** Gives a message that was taken out of its queue to a receive. */
  attach(receive: RecvRequest<unknown>, message: IncomingMessage): void {
    this.delivery.attach(receive, message)
  }

  /** Takes a receive back that no message has matched; false where one has. */
  withdraw(receive: RecvRequest<unknown>): boolean {
    return receive.scope.context.withdraw(receive)
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
    const { outbox, readyOnes, pausedOnes, delivery, watching } = this
    return (
      outbox.isEmpty && watching.isEmpty && readyOnes.length === 0 && pausedOnes.length === 0 && !delivery.isAnyFinished
    )
  }

  /** Waits for a send of a blocking call, which gets its memory back whatever happens. */
  finishSend(request: SendRequest, timeoutMs: number): void {
    try {
      if (!this.waitFor(request, timeoutMs)) throw request.timeoutError(timeoutMs)
    } catch (error) {
      request.detach()
      throw error
    }
    request.result()
  }

  /** waitFor() of a blocking receive: what its sender has sent behind its message may be left to the next call, which then goes a short way. */
  waitForReceive(request: RecvRequest<unknown>, timeoutMs: number): boolean {
    // Those of any sender go no short way, and take what came first.
    if (request.source !== ANY_SOURCE) this.delivery.awaited = request
    try {
      return this.waitFor(request, timeoutMs)
    } finally {
      this.delivery.awaited = null
    }
  }

  waitFor(request: PendingRequest<unknown>, timeoutMs: number): boolean {
    if (!request.isPending) return true
    this.delivery.leavesUnwanted = request.needsOnlyItsMessage
    try {
      return this.endWait(this.waitUntilDone(request, timeoutMs))
    } finally {
      this.delivery.leavesUnwanted = false
    }
  }

  private waitUntilDone(request: PendingRequest<unknown>, timeoutMs: number): boolean {
    const deadline = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : performance.now() + timeoutMs
    while (request.isPending) {
      if (this.progress() || !request.isPending) continue
      const leftMs = deadline === Number.POSITIVE_INFINITY ? deadline : deadline - performance.now()
      if (leftMs <= 0) return false
      this.sleep(request, leftMs)
    }
    return true
  }

  /** The call no longer waits; what comes now about its wait comes too late. */
  endWait<T>(result: T): T {
    this.waitingFor = null
    this.described = null
    this.deadlockTable = null
    return result
  }

  /**
   * Blocks until `watch` says that something has come, or `check` throws; messages move meanwhile. `request` says what this rank waits for.
   */
  waitUntil(watch: Watch, request: PendingRequest<unknown>, check: () => void): void {
    // The agent may have to act, also for a rank that is alone.
    const limitMs = this.size === 1 ? A_WHILE_MS : Number.POSITIVE_INFINITY
    try {
      while (!watch.hasCome()) {
        if (this.progress() || watch.hasCome()) continue
        check()
        this.sleep(request, limitMs, watch)
      }
    } finally {
      this.endWait(null)
    }
  }

  /** Blocks until something may have moved; `watch` is looked at beside the link. `request` says what this rank waits for. */
  sleep(request: PendingRequest<unknown>, timeoutMs: number, watch?: Watch): void {
    const table = this.size === 1 && timeoutMs === Number.POSITIVE_INFINITY ? '' : this.deadlockTable
    if (table !== null) {
      this.endWait(null)
      throw this.deadlock(request, table)
    }
    request.asked()
    if (!request.isPending || this.readyOnes.length > 0) return
    this.waitingFor = request
    this.link.wait(timeoutMs, watch)
  }

  /**
   * What was described last never ends, because no rank can get on, as `table` says: the call that blocks throws ERR_DEADLOCK, or what is
   * awaited fails. Where a message of a rank that has caught the error came first, nothing happens. Called by the link while it delivers.
   */
  deadlocked(table: string): void {
    const { described } = this
    if (described === FLUSHING ? this.isFlushing : described !== null && described === this.waitingFor) {
      this.deadlockTable = table
    } else if (Array.isArray(described)) {
      for (const request of described) if (request.isPending) request.abandon(this.deadlock(request, table))
    }
  }

  /** The message of (source, tag) that is there; null where none is. It stays queued. Never blocks. */
  find(scope: Scope, source: number, tag: number): IncomingMessage | null {
    const message = scope.context.find(source, tag)
    if (message !== null) return message
    this.progress()
    return scope.context.find(source, tag)
  }

  /** Whether no other rank can send any more messages to a receive from `source` (world rank or ANY_SOURCE): all have finished. */
  isOver(scope: Scope, source: number): boolean {
    return this.delivery.isOver(scope, source)
  }

  /** Blocks until a message of (source, tag) has come, which stays queued. Throws ERR_PROC_FAILED, ERR_TIMEOUT. */
  probe(call: string, scope: Scope, source: number, tag: number, timeoutMs: number): IncomingMessage {
    const waiting = new RecvRequest(scope, call, source, tag)
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const message = scope.context.find(source, tag)
      if (message !== null) return this.endWait(message)
      if (scope.context.isRevoked) throw this.endWait(revokedError(this.rank, call, waiting.describe(), scope.name))
      if (this.delivery.isHopeless(scope, source)) {
        const error = this.delivery.finishedError(call, scope, source, tag)
        if (source === ANY_SOURCE) this.losses.tell(scope)
        throw this.endWait(error)
      }
      if (this.progress()) continue
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) throw this.endWait(waiting.timeoutError(timeoutMs))
      this.sleep(waiting, timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : leftMs)
    }
  }

  /** Says what others must hear before they hear that this rank has finished. */
  takeLeave(): void {
    for (const farewell of this.farewells.values()) farewell()
    this.farewells.clear()
    this.delivery.refuseAnnounced()
  }

  /** Whether messages have not left: the link has not taken them, or their receivers have not matched what is only announced. */
  get hasPendingSends(): boolean {
    return !this.outbox.isEmpty || this.rendezvous.isWaiting
  }

  /** Memory that this rank shares with others of its node; null: none. */
  get shared(): SharedMemory | null {
    return this.link.shared ?? null
  }

  /** Blocks until everything has left, or no rank will ever ask for what is left. */
  flush(): void {
    this.isFlushing = true
    while (this.hasPendingSends && this.deadlockTable === null) {
      if (!this.progress() && this.hasPendingSends) this.link.wait(Number.POSITIVE_INFINITY)
    }
    this.isFlushing = false
  }

  /** The call that blocks this rank now, in the user's words; null while none does. */
  describeWait(): string | null {
    this.described = this.isFlushing ? FLUSHING : this.waitingFor
    if (this.isFlushing) return 'the end of the program, for messages that nobody has received'
    return this.waitingFor?.describeFully() ?? null
  }

  /** What the event loop waits for, in the user's words; null where it waits for nothing, or not for messages alone. */
  describeAwaited(): string | null {
    const requests = [...this.awaited]
    this.described = requests
    if (requests.length === 0 || requests.some((request) => request.hasOtherEnd)) return null
    const shown = requests.slice(0, 3).map((request) => request.describeFully())
    return `await ${shown.join(', ')}${requests.length > 3 ? `, and ${requests.length - 3} more` : ''}`
  }

  /** Collectives that what was described last belongs to. */
  collectiveWaits(): CollectiveWait[] {
    const { described } = this
    if (described === null || described === FLUSHING) return []
    const requests = Array.isArray(described) ? described.slice(0, MOST_WAITS) : [described]
    return requests.flatMap(({ collectiveWait }) => collectiveWait ?? [])
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

  private deadlock(request: PendingRequest<unknown>, table: string): MPIError {
    const [cause = '', ...rows] = table.split('\n')
    if (cause.startsWith(MISMATCH_PREFIX)) {
      const reason = `${cause.slice(MISMATCH_PREFIX.length)}, so all ranks wait for each other:\n${rows.join('\n')}`
      return new MPIError('ERR_COLLECTIVE_MISMATCH', this.rank, request.call, `${request.describe()}: ${reason}`)
    }
    const alone = 'waits for ever, because this is the only rank of the job'
    const reason = table === '' ? alone : `deadlock, all ranks wait for each other or have finished:\n${table}`
    return new MPIError('ERR_DEADLOCK', this.rank, request.call, `${request.describe()}: ${reason}`)
  }
}
