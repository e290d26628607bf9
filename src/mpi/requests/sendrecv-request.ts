import { type Continuation, PendingRequest, type Progress } from './pending-request.ts'
import type { Request } from '../terms/request.ts'
import type { Status } from '../terms/status.ts'

/** Both halves of an awaitable sendrecv; its value is that of the receive. */
export class SendrecvRequest<T> extends PendingRequest<T> implements Continuation {
  readonly call: string
  private readonly send: Request<void>
  private readonly receive: PendingRequest<T>

  constructor(engine: Progress, send: Request<void>, receive: PendingRequest<T>) {
    super(engine)
    this.call = receive.call
    this.send = send
    this.receive = receive
    this.resume()
  }

  resume(): void {
    if (!this.isPending) return
    for (const half of [this.receive, this.send]) {
      if (!(half instanceof PendingRequest)) continue
      if (half.isPending) {
        half.continuation = this
        return
      }
      if (half.hasFailed) return this.fail(half.failure)
    }
    this.succeed()
  }

  override get status(): Status {
    return this.receive.status
  }

  override abandon(error: unknown): void {
    for (const half of [this.receive, this.send]) if (half instanceof PendingRequest) half.abandon(error)
  }

  override asked(): void {
    this.receive.asked()
  }

  override describeFully(): string {
    return this.waited.describeFully()
  }

  describe(): string {
    return this.waited.describe()
  }

  /** The half that is not done. */
  private get waited(): PendingRequest<unknown> {
    return !this.receive.isPending && this.send instanceof PendingRequest ? this.send : this.receive
  }

  protected value(): T {
    return this.receive.result()
  }
}
