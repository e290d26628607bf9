import { PendingRequest, type Progress } from './pending-request.ts'
import { Status } from '../terms/status.ts'

/** A request that is done from the start: of a message to or from PROC_NULL, or of a send that the link has taken whole. */
export class DoneRequest<T> extends PendingRequest<T> {
  readonly call: string
  private readonly outcome: T
  /** Made when it is asked for: of most sends nobody does. */
  private known: Status | null

  constructor(engine: Progress, call: string, outcome: T, status: Status | null = null) {
    super(engine)
    this.call = call
    this.outcome = outcome
    this.known = status
    this.succeed()
  }

  override get status(): Status {
    this.known ??= new Status()
    return this.known
  }

  describe(): string {
    return this.call
  }

  protected value(): T {
    return this.outcome
  }
}
