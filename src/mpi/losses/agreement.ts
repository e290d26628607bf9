import type { Agreed, Motion } from '../../wire/council-messages.ts'
import { MPIError } from '../terms/mpi-error.ts'
import { PendingRequest, type Progress } from '../requests/pending-request.ts'

/** A vote of this rank that is not settled yet. */
export class AgreementRequest extends PendingRequest<Agreed> {
  readonly call: string
  private readonly communicator: { readonly name: string }
  private ruling: Agreed | null = null

  constructor(engine: Progress, call: string, communicator: { readonly name: string }) {
    super(engine)
    this.call = call
    this.communicator = communicator
  }

  settled(ruling: Agreed): void {
    this.ruling = ruling
    if (ruling.mismatch === undefined) return this.succeed()
    const reason = `${ruling.mismatch} in ${this.communicator.name}: all ranks must call agree and shrink in the same order`
    this.fail(new MPIError('ERR_COLLECTIVE_MISMATCH', this.engine.rank, this.call, `${this.call}: ${reason}`))
  }

  describe(): string {
    return `${this.call} in ${this.communicator.name}`
  }

  protected value(): Agreed {
    if (this.ruling === null) throw new Error(`${this.call} is not settled`)
    return this.ruling
  }
}

/** Agreements of this rank, by communicator and number. `submit` null: this rank is alone in its job. */
export class Agreements {
  private readonly submit: ((motion: Motion) => void) | null
  private readonly open = new Map<string, AgreementRequest>()

  constructor(submit: ((motion: Motion) => void) | null) {
    this.submit = submit
  }

  /** Hands in a vote; `request` is settled when all members have voted or are over. */
  vote(motion: Extract<Motion, { type: 'vote' }>, request: AgreementRequest): void {
    const { comm, number, flag, counter, members } = motion
    // Nobody else has to be asked.
    if (this.submit === null || (members.length === 1 && members[0]?.[1] === 1)) {
      return request.settled({ type: 'agreed', comm, number, flag, survivors: members, counter })
    }
    this.open.set(keyOf(comm, number), request)
    this.submit(motion)
  }

  revoke(motion: Extract<Motion, { type: 'revoke' }>): void {
    this.submit?.(motion)
  }

  settled(ruling: Agreed): void {
    const key = keyOf(ruling.comm, ruling.number)
    const request = this.open.get(key)
    this.open.delete(key)
    request?.settled(ruling)
  }
}

function keyOf(comm: number, number: number): string {
  return `${comm}:${number}`
}
