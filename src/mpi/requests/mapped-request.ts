import { type Continuation, PendingRequest, type Progress } from './pending-request.ts'

/** A request whose value is made of another's. */
export class MappedRequest<A, T> extends PendingRequest<T> implements Continuation {
  readonly call: string
  private readonly inner: PendingRequest<A>
  private readonly map: (value: A) => T
  private outcome: { readonly value: T } | null = null

  constructor(engine: Progress, inner: PendingRequest<A>, map: (value: A) => T) {
    super(engine)
    this.call = inner.call
    this.inner = inner
    this.map = map
    this.resume()
  }

  resume(): void {
    if (this.inner.isPending) {
      this.inner.continuation = this
      return
    }
    try {
      this.outcome = { value: this.map(this.inner.result()) }
      this.succeed()
    } catch (error) {
      this.fail(error)
    }
  }

  override abandon(error: unknown): void {
    this.inner.abandon(error)
  }

  override asked(): void {
    this.inner.asked()
  }

  override describeFully(): string {
    return this.inner.describeFully()
  }

  describe(): string {
    return this.inner.describe()
  }

  protected value(): T {
    if (this.outcome === null) throw new Error(`${this.call} is not done`)
    return this.outcome.value
  }
}
