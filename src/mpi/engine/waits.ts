import { type CollectiveWait, MISMATCH_PREFIX } from '../../wire/control-messages.ts'
import type { Envelope } from '../../wire/envelope.ts'
import type { Link, Watch } from '../link/link.ts'
import { revokedError } from '../losses/comm-failure.ts'
import type { EndedRanks } from '../losses/ended-ranks.ts'
import type { Context } from '../matching/context.ts'
import type { IncomingMessage, MessageSpace, Receive } from '../matching/incoming-message.ts'
import { RecvRequest } from '../matching/recv-request.ts'
import type { Continuation, PendingRequest, Progress } from '../requests/pending-request.ts'
import type { Sending } from '../sending/sending.ts'
import { ANY_SOURCE } from '../terms/constants.ts'
import { MPIError } from '../terms/mpi-error.ts'
import type { Delivery } from './delivery.ts'

/** A limit, so that the rank does not count as one that waits for messages of others alone. */
const A_WHILE_MS = 2 ** 30
const FLUSHING = 'flushing'
/** Collectives of awaited requests that a rank tells of. */
const MOST_WAITS = 4

/** Messages of which one is looked for. */
interface ProbedSpace extends MessageSpace {
  readonly context: Context
}

/** How a rank blocks until something has come, what it says meanwhile that it waits for, and what it hears when that never comes. */
export abstract class Waits implements Progress {
  readonly rank: number
  readonly size: number
  readonly awaited: Set<PendingRequest<unknown>> = new Set()
  abstract readonly delivery: Delivery
  abstract readonly sending: Sending
  abstract readonly ended: EndedRanks
  protected readonly link: Link
  /** The request for which the call that runs sleeps, or has slept. */
  private waitingFor: PendingRequest<unknown> | null = null
  /** The program is over, and messages of it have not left. */
  private isFlushing = false
  /** What `describeWait` or `describeAwaited` has told of. */
  private described: PendingRequest<unknown> | PendingRequest<unknown>[] | typeof FLUSHING | null = null
  /** Set while `waitingFor` or `flush` waits for ever: who waits for whom. */
  private deadlockTable: string | null = null

  constructor(link: Link) {
    this.link = link
    this.rank = link.rank
    this.size = link.size
  }

  abstract progress(): boolean
  abstract hold(): void
  abstract release(): void
  abstract askSoon(request: PendingRequest<unknown>): void
  abstract receiverOf(envelope: Envelope): { readonly rank: number; readonly name: string }
  abstract ready(continuation: Continuation): void
  /** Whether something is to go on as soon as messages move. */
  protected abstract readonly mayGoOn: boolean

  /** waitFor() of a blocking receive: what its sender has sent behind its message may be left to the next call, which then goes a short way. */
  waitForReceive(request: Receive, timeoutMs: number): boolean {
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
    if (!request.isPending || this.mayGoOn) return
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
  find(scope: ProbedSpace, source: number, tag: number): IncomingMessage | null {
    const message = scope.context.find(source, tag)
    if (message !== null) return message
    this.progress()
    return scope.context.find(source, tag)
  }

  /** Blocks until a message of (source, tag) has come, which stays queued. Throws ERR_PROC_FAILED, ERR_TIMEOUT. */
  probe(call: string, scope: ProbedSpace, source: number, tag: number, timeoutMs: number): IncomingMessage {
    const waiting = new RecvRequest(scope, call, source, tag)
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const message = scope.context.find(source, tag)
      if (message !== null) return this.endWait(message)
      if (scope.context.isRevoked) throw this.endWait(revokedError(this.rank, call, waiting.describe(), scope.name))
      if (this.ended.isHopeless(scope, source)) {
        const error = this.ended.error(call, scope, source, tag)
        if (source === ANY_SOURCE) this.ended.losses.tell(scope)
        throw this.endWait(error)
      }
      if (this.progress()) continue
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) throw this.endWait(waiting.timeoutError(timeoutMs))
      this.sleep(waiting, timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : leftMs)
    }
  }

  /** Blocks until everything has left, or no rank will ever ask for what is left. */
  flush(): void {
    this.isFlushing = true
    while (this.sending.isPending && this.deadlockTable === null) {
      if (!this.progress() && this.sending.isPending) this.link.wait(Number.POSITIVE_INFINITY)
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
