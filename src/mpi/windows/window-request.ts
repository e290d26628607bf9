import type { Members } from '../collectives/call/members.ts'
import { MPIError } from '../terms/mpi-error.ts'
import { PendingRequest } from '../requests/pending-request.ts'
import type { Watched } from '../link/watching.ts'
import type { Begun } from '../link/window-access.ts'

/** A call of a window as reports name it. */
export interface WindowCallOf {
  /** With 'Window.' in front. */
  readonly call: string
  readonly target: number
  readonly owner: Members
}

/** What a rank that waits for a window says that it waits for. */
export function describeWindowCall({ call, target, owner }: WindowCallOf): string {
  return `${call}(rank = ${target}) of a window of ${owner.name}`
}

/** What becomes of a call that was begun. */
export interface Endings<A, T> {
  /** Makes the value of the request. */
  readonly succeeded: (outcome: A) => T
  readonly failed?: (error: unknown) => void
}

/** The awaitable form of a call at a target. */
export class WindowRequest<A, T> extends PendingRequest<T> implements Watched {
  private readonly what: WindowCallOf
  private readonly begun: Begun<A>
  private readonly endings: Endings<A, T>
  /** Throws where the call can never be done: its target is lost, or its communicator revoked. */
  private readonly check: () => void
  private outcome: { readonly value: T } | null = null

  constructor(what: WindowCallOf, begun: Begun<A>, endings: Endings<A, T>, check: () => void) {
    super(what.owner.collectives.engine)
    this.what = what
    this.begun = begun
    this.endings = endings
    this.check = check
    if (!this.look()) what.owner.collectives.engine.watching.add(this)
  }

  get call(): string {
    return this.what.call
  }

  hasCome(): boolean {
    return this.isPending && this.begun.hasCome()
  }

  look(): boolean {
    if (!this.isPending) return true
    try {
      if (!this.begun.hasCome()) {
        this.check()
        return false
      }
    } catch (error) {
      this.abandon(error)
      return true
    }
    this.outcome = { value: this.endings.succeeded(this.begun.finish()) }
    this.succeed()
    return true
  }

  override wait(options?: { timeout?: number }): T {
    try {
      return super.wait(options)
    } catch (error) {
      // As from the blocking call: who catches a deadlock stands in nobody's way.
      if (error instanceof MPIError && error.code === 'ERR_DEADLOCK') this.abandon(error)
      throw error
    }
  }

  override abandon(error: unknown): void {
    if (!this.isPending) return
    this.begun.abandon()
    this.endings.failed?.(error)
    this.fail(error)
    this.what.owner.collectives.engine.watching.delete(this)
  }

  describe(): string {
    return describeWindowCall(this.what)
  }

  protected value(): T {
    if (this.outcome === null) throw new Error(`${this.call} is not done`)
    return this.outcome.value
  }
}
