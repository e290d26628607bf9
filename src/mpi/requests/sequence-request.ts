import { MPIError } from '../terms/mpi-error.ts'
import { type Continuation, PendingRequest, type Progress } from './pending-request.ts'

/** Requests that begin one after the other, each when the one before is done. */
export class SequenceRequest extends PendingRequest<void> implements Continuation {
  readonly call: string
  private readonly steps: Iterator<PendingRequest<unknown>>
  private current: PendingRequest<unknown> | null = null

  /** `steps`: begins the next request whenever it is asked. */
  constructor(engine: Progress, call: string, steps: Iterator<PendingRequest<unknown>>) {
    super(engine)
    this.call = call
    this.steps = steps
    this.resume()
  }

  resume(): void {
    try {
      while (this.isPending) {
        if (this.current?.isPending === true) {
          this.current.continuation = this
          return
        }
        this.current?.result()
        const step = this.steps.next()
        if (step.done === true) this.succeed()
        else this.current = step.value
      }
    } catch (error) {
      this.fail(error)
    }
  }

  override abandon(error: unknown): void {
    this.current?.abandon(error)
  }

  override wait(options?: { timeout?: number }): void {
    try {
      super.wait(options)
    } catch (error) {
      // As from the blocking call: who catches a deadlock stands in nobody's way.
      if (error instanceof MPIError && error.code === 'ERR_DEADLOCK') this.abandon(error)
      throw error
    }
  }

  describe(): string {
    return this.current?.describe() ?? this.call
  }

  override describeFully(): string {
    return this.current?.describeFully() ?? this.call
  }

  protected value(): void {}
}
