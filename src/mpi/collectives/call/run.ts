import type { CollectiveWait } from '../../../wire/control-messages.ts'
import { type Continuation, PendingRequest } from '../../requests/pending-request.ts'
import type { Options } from '../../terms/request.ts'
import type { Collective } from './collective.ts'
import { PAUSE, type Steps } from './steps.ts'
import { asTwin, twinError } from './twin-error.ts'

/** A collective that has begun and is to be run. */
export interface Plan<T> {
  readonly collective: Collective
  readonly steps: Steps<T>
  /** What to throw for an error of another rank. */
  readonly translate?: (error: unknown) => unknown
}

/** Runs a collective to its end; blocks. Throws ERR_TIMEOUT after `options.timeout` ms: the collective is then lost for all who are in it. */
export function run<T>({ collective, steps, translate }: Plan<T>, options?: Options): T {
  const timeoutMs = options?.timeout ?? Number.POSITIVE_INFINITY
  const deadline = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : performance.now() + timeoutMs
  try {
    const result = drive(collective, steps, deadline, timeoutMs)
    collective.end()
    return result
  } catch (error) {
    const thrown = collective.fail(error)
    throw translate === undefined ? thrown : translate(thrown)
  }
}

/** Takes the steps of a collective until all is done and sent; blocks. Throws what makes it fail. */
export function drive<T>(collective: Collective, steps: Steps<T>, deadline: number, timeoutMs: number): T {
  throwFailure(collective)
  let step = steps.next()
  while (step.done !== true) {
    if (step.value === PAUSE) collective.scope.engine.progress()
    else waitFor(collective, step.value, deadline, timeoutMs)
    throwFailure(collective)
    step = steps.next()
  }
  for (const request of collective.unsent) {
    throwFailure(collective)
    waitFor(collective, request, deadline, timeoutMs)
  }
  throwFailure(collective)
  return step.value
}

function waitFor(collective: Collective, request: PendingRequest<unknown>, deadline: number, timeoutMs: number): void {
  if (!request.isPending) return
  const leftMs = deadline === Number.POSITIVE_INFINITY ? deadline : Math.max(0, deadline - performance.now())
  collective.waiting = request
  const isDone = collective.scope.engine.waitFor(request, leftMs)
  collective.waiting = null
  if (!isDone) throw request.timeoutError(timeoutMs)
}

function throwFailure(collective: Collective): void {
  if (collective.failure !== null) throw collective.failure.error
}

/** Starts a collective that goes on by itself; never blocks. `make` checks its arguments. */
export function start<T>(make: () => Plan<T>): PendingRequest<T> {
  const request = new CollectiveRequest(asTwin(make), 'i')
  request.resume()
  return request
}

/** Starts a part of a blocking call that goes on by itself where the call gives up; never blocks. */
export function begin<T>(plan: Plan<T>): PendingRequest<T> {
  const request = new CollectiveRequest(plan, '')
  request.resume()
  return request
}

const NOT_YET = Symbol('not yet')

/** The awaitable form of a collective. */
class CollectiveRequest<T> extends PendingRequest<T> implements Continuation {
  readonly call: string
  private readonly plan: Plan<T>
  private readonly prefix: 'i' | ''
  private outcome: T | typeof NOT_YET = NOT_YET

  /** `prefix` of the name of the call. */
  constructor(plan: Plan<T>, prefix: 'i' | '') {
    super(plan.collective.scope.engine)
    this.plan = plan
    this.prefix = prefix
    this.call = `${prefix}${plan.collective.call}`
    // The other ranks count on this one, also where nobody awaits the request.
    this.engine.hold()
    this.engine.awaited.add(this)
  }

  override get collectiveWait(): CollectiveWait {
    return this.plan.collective.wait
  }

  override abandon(error: unknown): void {
    this.plan.collective.failHere(error)
  }

  resume(): void {
    const { collective, translate } = this.plan
    if (!this.isPending) return
    try {
      if (!this.advance()) return
      collective.end()
      this.letGo()
      this.succeed()
    } catch (error) {
      // Some arguments are checked on the way. What a message shows has been told under the other name.
      const explained = collective.explain(error)
      const isTwins = collective.failure === null && this.prefix === 'i'
      const thrown = collective.fail(isTwins ? twinError(explained, collective.call) : explained)
      this.letGo()
      this.fail(translate === undefined ? thrown : translate(thrown))
    }
  }

  private letGo(): void {
    this.engine.release()
    this.engine.awaited.delete(this)
  }

  describe(): string {
    const waiting = this.plan.collective.waiting?.describe()
    return waiting === undefined ? `${this.call} in ${this.plan.collective.scope.name}` : `${this.prefix}${waiting}`
  }

  protected value(): T {
    if (this.outcome === NOT_YET) throw new Error(`${this.call} is not done`)
    return this.outcome
  }

  /** Goes on as far as it can; true when all is done. */
  private advance(): boolean {
    const { collective, steps } = this.plan
    collective.waiting = null
    while (this.outcome === NOT_YET) {
      throwFailure(collective)
      const step = steps.next()
      if (step.done === true) {
        this.outcome = step.value
      } else if (step.value === PAUSE) {
        collective.scope.engine.pause(this)
        return false
      } else if (this.mustWaitFor(step.value)) {
        return false
      }
    }
    for (const request of collective.unsent) {
      throwFailure(collective)
      if (this.mustWaitFor(request)) return false
    }
    throwFailure(collective)
    return true
  }

  private mustWaitFor(request: PendingRequest<unknown>): boolean {
    if (!request.isPending) return false
    request.continuation = this
    this.plan.collective.waiting = request
    return true
  }
}
