import { timeoutOf } from '../terms/check-options.ts'
import type { CollectiveWait } from '../../wire/control-messages.ts'
import { showAs } from '../terms/inspect.ts'
import { MPIError } from '../terms/mpi-error.ts'
import { PendingRequest, type Progress } from './pending-request.ts'
import type { Request } from '../terms/request.ts'
import { Status } from '../terms/status.ts'

/**
 * A call that is prepared once and started again and again (MPI 4.1 §3.9, §6.13), made by `sendInit`, `recvInit` and the `…Init` of collectives.
 * It is inactive until `start`, and again when a wait or test has found it done. It can stand in the lists of `MPI.waitAll` and its kin, which pass
 * over inactive ones, and can be awaited.
 */
export interface Persistent extends Request<Status> {
  /** Whether it is started and nobody has found it done. */
  readonly isActive: boolean
  /** Begins the call with what its views hold now, as the awaitable call of the same kind. Throws ERR_REQUEST where it is active or freed. */
  start(): this
  /** Blocks until it is done: that of a receive says what came, others are empty; so is that of an inactive one, at once. Throws as the call. */
  wait(options?: { timeout?: number }): Status
  /** Gives the call up for good; one that is active goes on. Never communicates. MPI 4.1 §3.7.3. */
  free(): void
}

/** A Persistent over the requests that it starts. */
export class PersistentRequest extends PendingRequest<Status> implements Persistent {
  readonly call: string
  private readonly begin: () => Request<unknown>
  private active: PendingRequest<unknown> | null = null
  private latest: Status | null = null
  private isFreed = false

  /** `call`: such as 'sendInit'. `begin` starts the call. */
  constructor(engine: Progress, call: string, begin: () => Request<unknown>) {
    super(engine)
    this.call = call
    this.begin = begin
    // As good as told of: there is nothing to wait for.
    this.wasReported = true
  }

  get isActive(): boolean {
    return this.active !== null
  }

  start(): this {
    if (this.isFreed || this.active !== null) {
      const reason = this.isFreed ? 'it has been freed' : 'it is active; wait for it before it is started again'
      throw new MPIError('ERR_REQUEST', this.engine.rank, 'start', `start of ${this.call}: ${reason}`)
    }
    // What awaitable calls return.
    this.active = this.begin() as PendingRequest<unknown>
    this.wasReported = false
    return this
  }

  override get isPending(): boolean {
    return this.active?.isPending ?? false
  }

  override get hasFailed(): boolean {
    return this.active?.hasFailed ?? false
  }

  override get failure(): unknown {
    return this.active?.failure
  }

  override get wasCancelled(): boolean {
    return this.active?.wasCancelled ?? false
  }

  override get needsOnlyItsMessage(): boolean {
    return this.active?.needsOnlyItsMessage ?? false
  }

  override get hasOtherEnd(): boolean {
    return this.active?.hasOtherEnd ?? false
  }

  override get collectiveWait(): CollectiveWait | null {
    return this.active?.collectiveWait ?? null
  }

  override abandon(error: unknown): void {
    this.active?.abandon(error)
  }

  override asked(): void {
    this.active?.asked()
  }

  override cancel(): boolean {
    return this.active?.cancel() ?? false
  }

  override wait(options?: { timeout?: number }): Status {
    const { active } = this
    const timeoutMs = timeoutOf(options, this.engine.rank, this.call)
    // The engine knows what it can leave undone while it waits for a receive.
    if (active?.isPending === true && !this.engine.waitFor(active, timeoutMs)) throw this.timeoutError(timeoutMs)
    return this.result()
  }

  override test(): { done: false } | { done: true; value: Status } {
    if (this.active?.test().done === false) return { done: false }
    return { done: true, value: this.result() }
  }

  /** Of one that is done: it is inactive from now on. */
  override result(): Status {
    const { active } = this
    if (active === null) return new Status()
    this.active = null
    this.wasReported = true
    this.latest = active.status
    active.result()
    return this.latest
  }

  override get status(): Status {
    return this.active?.status ?? this.latest ?? new Status()
  }

  // biome-ignore lint/suspicious/noThenProperty: a Request can be awaited
  override then<A = Status, B = never>(
    onValue?: ((value: Status) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const { active } = this
    const done = active === null ? Promise.resolve() : active.then(nothing, nothing)
    return done.then(() => this.result()).then(onValue, onError)
  }

  free(): void {
    this.isFreed = true
  }

  describe(): string {
    return this.active?.describe() ?? this.call
  }

  override describeFully(): string {
    return this.active?.describeFully() ?? this.call
  }

  protected value(): Status {
    return this.status
  }

  static {
    showAs<PersistentRequest>(PersistentRequest.prototype, 'Persistent', (one) => {
      const state = one.isFreed ? 'freed' : one.active === null ? 'inactive' : one.isPending ? 'pending' : 'done'
      return `Persistent { ${one.describe()}: ${state} }`
    })
  }
}

function nothing(): void {}

/** `MPI.startAll`: starts all of a list, in order (MPI 4.1 §3.9). Throws ERR_ARG, ERR_REQUEST. `rank`: world rank, for errors. */
export function startAll(requests: readonly Persistent[], rank: number): void {
  // Programs may be JavaScript: what the types exclude comes in.
  const given: unknown = requests
  if (!Array.isArray(given) || !given.every((one) => one instanceof PersistentRequest)) {
    const advice = 'give a list of what sendInit, recvInit and the like return'
    throw new MPIError('ERR_ARG', rank, 'startAll', `startAll: ${advice}`)
  }
  for (const request of requests) request.start()
}
