import type { CollectiveWait } from '../../../wire/control-messages.ts'
import { datatypeName, elementBytes } from '../../datatypes/datatype.ts'
import type { IncomingMessage } from '../../matching/incoming-message.ts'
import { MPIError } from '../../terms/mpi-error.ts'
import { RecvRequest } from '../../matching/recv-request.ts'
import { MISMATCH_ADVICE } from './signature.ts'
import type { Packet } from './packet.ts'
import type { WatchedCall } from './watched-call.ts'

/** A receive of a collective: it takes messages of the same call only, and of the length that it expects. */
export class CollectiveReceive extends RecvRequest<unknown> {
  private readonly collective: WatchedCall
  /** Length that must come, in bytes; -1: any. */
  private expectedBytes = -1

  /** `source`: world rank or ANY_SOURCE. */
  constructor(collective: WatchedCall, source: number) {
    super(collective.scope, collective.call, source, collective.sequence)
    this.collective = collective
  }

  expect(bytes: number, datatype: number): void {
    this.expectedBytes = bytes
    this.datatype = datatype
  }

  override get needsOnlyItsMessage(): boolean {
    return false
  }

  override get collectiveWait(): CollectiveWait {
    return this.collective.wait
  }

  override accept(message: IncomingMessage): void {
    const { envelope } = message
    if (envelope.extra !== this.collective.signature) return this.fail(this.collective.mismatch(envelope))
    if (
      this.expectedBytes !== -1 &&
      (envelope.byteLength !== this.expectedBytes || envelope.datatype !== this.datatype)
    ) {
      return this.fail(this.lengthError(message))
    }
    this.message = message
    if (this.isInto) return super.accept(message)
    this.succeed()
  }

  /** What has come; throws where the receive has failed. */
  get packet(): Packet {
    this.check()
    if (this.message === null) throw new Error(`${this.call}: nothing has come yet`)
    return { datatype: this.message.envelope.datatype, bytes: this.message.payload }
  }

  /** Rank in the communicator that has sent it. */
  get from(): number {
    const source = this.message?.envelope.source ?? this.source
    return this.scope.ranks.rankOf(source) ?? source
  }

  /** Throws where the receive has failed. */
  check(): void {
    if (this.hasFailed) throw this.failure
  }

  override describe(): string {
    const from = this.source < 0 ? 'a message' : `rank ${this.scope.ranks.rankOf(this.source)}`
    return `${this.call} in ${this.scope.name}, waiting for ${from}`
  }

  override describeFully(): string {
    return this.describe()
  }

  private lengthError({ envelope }: IncomingMessage): MPIError {
    const { ranks, engine, name } = this.scope
    const type = datatypeName(envelope.datatype)
    const sent = `${envelope.byteLength / elementBytes(envelope.datatype)} elements of ${type}`
    const wanted = `${this.expectedBytes / elementBytes(this.datatype)} elements of ${datatypeName(this.datatype)}`
    const reason = `rank ${ranks.rankOf(envelope.source)} of ${name} sent ${sent}, rank ${ranks.rank} expects ${wanted}`
    return new MPIError(
      'ERR_COLLECTIVE_MISMATCH',
      engine.rank,
      this.call,
      `${this.call}: ${reason}; ${MISMATCH_ADVICE}`,
    )
  }
}
