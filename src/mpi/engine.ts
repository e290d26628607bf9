import { ENVELOPE_FLAG_ACK, type Envelope } from '../wire/envelope.ts'
import { AllocatedMemory } from './allocated-memory.ts'
import type { Context } from './context.ts'
import { Delivery } from './delivery.ts'
import { EventLoop } from './event-loop.ts'
import type { IncomingMessage } from './incoming-message.ts'
import { Lending } from './lending.ts'
import type { Link } from './link.ts'
import { MemoryPool } from './memory-pool.ts'
import { MPIError } from './mpi-error.ts'
import { Outbox } from './outbox.ts'
import type { Continuation, PendingRequest, Progress } from './pending-request.ts'
import { RecvRequest } from './recv-request.ts'
import type { Scope } from './scope.ts'
import { SendRequest } from './send-request.ts'

const NO_BYTES = new Uint8Array(0)

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
  private readonly link: Link
  private readonly delivery: Delivery
  private readonly eventLoop: EventLoop
  /** What is to be said at the end of the rank, by who says it. */
  readonly farewells: Map<object, () => void> = new Map()
  private readonly readyOnes: Continuation[] = []
  private pausedOnes: Continuation[] = []
  private nextSendId = 0
  private waitingFor: PendingRequest<unknown> | null = null

  constructor(link: Link) {
    this.link = link
    this.rank = link.rank
    this.size = link.size
    this.outbox = new Outbox(link)
    this.lending = new Lending(this, link, this.allocated)
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

  /** Sends a standard message; blocks until the link has taken it whole. `isOwned`: nobody changes the payload later. */
  send(call: string, envelope: Envelope, payload: Uint8Array, isOwned: boolean, timeoutMs: number): void {
    if (envelope.dest === this.rank) return this.delivery.deliverToSelf(envelope, payload, isOwned)
    const taken = this.outbox.trySend(envelope, payload)
    if (taken === payload.byteLength || this.delivery.hasFinished(envelope.dest)) return
    const request = new SendRequest(this, call, envelope, payload)
    request.taken = taken
    this.outbox.enqueue(request)
    if (this.waitFor(request, timeoutMs)) return request.result()
    // A message that has begun must be finished: the caller gets its memory back, the link a copy.
    if (!this.outbox.withdraw(request) && !isOwned) request.payload = payload.slice()
    throw request.timeoutError(timeoutMs)
  }

  /**
   * Begins a standard message. null: the link has taken it whole. Otherwise a request that is done when it has; what is not taken yet is
   * copied unless `isOwned`.
   */
  beginSend(call: string, envelope: Envelope, payload: Uint8Array, isOwned: boolean): SendRequest | null {
    if (envelope.dest === this.rank) {
      this.delivery.deliverToSelf(envelope, payload, isOwned)
      return null
    }
    const taken = this.outbox.trySend(envelope, payload)
    if (taken === payload.byteLength || this.delivery.hasFinished(envelope.dest)) return null
    const request = new SendRequest(this, call, envelope, isOwned ? payload : payload.slice())
    request.taken = taken
    this.outbox.enqueue(request)
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
    request.taken = this.outbox.trySend(envelope, payload)
    if (request.taken === payload.byteLength) return request
    if (!isOwned) request.payload = payload.slice()
    this.outbox.enqueue(request)
    return request
  }

  /** Tells the sender of a synchronous message that it is matched. */
  acknowledge(envelope: Envelope): void {
    const answer: Envelope = {
      source: this.rank,
      dest: envelope.source,
      context: envelope.context,
      tag: envelope.tag,
      datatype: 0,
      flags: ENVELOPE_FLAG_ACK,
      extra: envelope.extra,
      byteLength: 0,
    }
    this.beginSend('acknowledge', answer, NO_BYTES, true)
  }

  receive(receive: RecvRequest<unknown>): void {
    this.delivery.receive(receive)
  }

  /** Whether a rank has ended in order. */
  hasFinished(rank: number): boolean {
    return this.delivery.hasFinished(rank)
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
    let moved = !this.outbox.isEmpty && this.outbox.push()
    if (this.link.receive(this.delivery)) moved = true
    if (this.pausedOnes.length > 0) {
      const paused = this.pausedOnes
      this.pausedOnes = []
      this.readyOnes.push(...paused)
    }
    for (let one = this.readyOnes.shift(); one !== undefined; one = this.readyOnes.shift()) {
      one.resume()
      moved = true
    }
    return moved
  }

  waitFor(request: PendingRequest<unknown>, timeoutMs: number): boolean {
    const deadline = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : performance.now() + timeoutMs
    while (request.isPending) {
      if (this.progress() || !request.isPending) continue
      const leftMs = deadline === Number.POSITIVE_INFINITY ? deadline : deadline - performance.now()
      if (leftMs <= 0) return false
      this.sleep(request, leftMs)
    }
    return true
  }

  private sleep(request: PendingRequest<unknown>, timeoutMs: number): void {
    if (this.size === 1 && timeoutMs === Number.POSITIVE_INFINITY) throw this.deadlock(request)
    this.waitingFor = request
    try {
      this.link.wait(timeoutMs)
    } finally {
      this.waitingFor = null
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
      if (message !== null) return message
      if (this.delivery.isHopeless(scope, source)) throw this.delivery.finishedError(call, scope, source, tag)
      if (this.progress()) continue
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) throw waiting.timeoutError(timeoutMs)
      this.sleep(waiting, leftMs)
    }
  }

  /** Says what others must hear before they hear that this rank has finished. */
  takeLeave(): void {
    for (const farewell of this.farewells.values()) farewell()
    this.farewells.clear()
  }

  /** Blocks until the link has taken everything. */
  flush(): void {
    while (!this.outbox.isEmpty) if (!this.progress() && !this.outbox.isEmpty) this.link.wait(Number.POSITIVE_INFINITY)
  }

  /** The call that blocks this rank now, in the user's words; null while none does. */
  describeWait(): string | null {
    return this.waitingFor?.describe() ?? null
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

  private deadlock(request: PendingRequest<unknown>): MPIError {
    const reason = 'waits for ever, because this is the only rank of the job'
    return new MPIError('ERR_DEADLOCK', this.rank, request.call, `${request.describe()}: ${reason}`)
  }
}
