import { copyBytes } from '../../base/copy-bytes.ts'
import { decode, isQuicklyDecoded } from '../../wire/codec.ts'
import { Datatype, type Envelope } from '../../wire/envelope.ts'
import { ANY_SOURCE, ANY_TAG } from '../terms/constants.ts'
import {
  datatypeName,
  datatypeOf,
  elementBytes,
  GONE,
  isGone,
  MOST_BYTES,
  type View,
  viewOfBytes,
} from '../datatypes/datatype.ts'
import type { IncomingMessage, MessageSpace, Receive } from './incoming-message.ts'
import { withArticle } from '../terms/in-words.ts'
import type { Lane } from './matching.ts'
import { MPIError } from '../terms/mpi-error.ts'
import { PendingRequest } from '../requests/pending-request.ts'
import { receivedValue } from './received-value.ts'
import { Status } from '../terms/status.ts'

/** A receive. Its value is the message, or with `into` the status. */
export class RecvRequest<T> extends PendingRequest<T> implements Receive {
  readonly scope: MessageSpace
  readonly call: string
  readonly source: number
  readonly tag: number
  order = 0
  lane: Lane<Receive> | null = null
  next: Receive | null = null
  previous: Receive | null = null
  /** Memory that the link may write to: the user's view, or what a collective offers. */
  memory: Uint8Array | null = null
  /** Element type that must come; -1: any. */
  datatype = -1
  /** Of a receive that returns a status: the message must end up in `memory`. */
  isInto = false
  /** Whether a message that fits into `memory` need only be copied there, see acceptPlaced(). */
  takesPlaced = false
  /** Its value is the message. */
  takesValue = false
  /** The program may cancel it by an AbortSignal. */
  hasSignal = false
  protected message: IncomingMessage | null = null
  private envelope: Envelope | null = null
  private decoded: unknown = undefined
  private filled: Status | null

  /** `source`: world rank or ANY_SOURCE. */
  constructor(scope: MessageSpace, call: string, source: number, tag: number, status?: Status) {
    super(scope.engine)
    this.scope = scope
    this.call = call
    this.source = source
    this.tag = tag
    this.filled = status ?? null
  }

  /** Makes the message land in `view`. */
  into(view: View): this {
    // No message fills more of it.
    const isTooLong = view.byteLength > MOST_BYTES
    if (isTooLong) this.memory = new Uint8Array(view.buffer, view.byteOffset, MOST_BYTES)
    // To remember it costs more than it saves: these are the bytes.
    else this.memory = view instanceof Uint8Array ? view : this.scope.engine.receivedBytes.of(view)
    this.datatype = datatypeOf(view)
    this.isInto = true
    this.takesPlaced = true
    return this
  }

  /** Memory for the payload of a matching message; null where it does not fit (`accept` says why). */
  memoryFor(envelope: Envelope): Uint8Array | null {
    const memory = this.memory
    if (memory === null || (this.datatype !== -1 && this.datatype !== envelope.datatype)) return null
    if (envelope.byteLength === memory.byteLength) return memory
    return envelope.byteLength < memory.byteLength ? memory.subarray(0, envelope.byteLength) : null
  }

  /** Whether a matching message may be in memory that others land in, while it is accepted. */
  mayLand(envelope: Envelope): boolean {
    return this.takesValue && envelope.datatype === Datatype.value
  }

  /** The message is there: the request is done. */
  accept(message: IncomingMessage): void {
    this.envelope = message.envelope
    if (this.filled !== null) fillStatus(this.filled, this.scope, message.envelope)
    if (!this.isInto) {
      if (message.isLanding) this.takeOff(message)
      else this.message = message
      this.succeed()
      return
    }
    const { payload, envelope } = message
    const memory = this.memory ?? payload
    if (message.isInPlace) return this.succeed()
    if (envelope.datatype !== this.datatype) return this.fail(this.typeError(envelope))
    if (payload.byteLength > memory.byteLength) {
      if (isGone(memory)) return this.fail(this.goneError())
      memory.set(payload.subarray(0, memory.byteLength))
      return this.fail(this.truncateError(envelope, memory.byteLength))
    }
    copyBytes(payload, 0, memory, 0, payload.length)
    this.succeed()
  }

  /** The message is in `memory`: the request is done. `source`: world rank. */
  acceptPlaced(source: number, tag: number, byteLength: number): void {
    this.filled ??= new Status()
    writeStatus(this.filled, this.scope, source, tag, this.datatype, byteLength)
    this.succeed()
  }

  /** Takes a message out of memory that others land in. */
  private takeOff(message: IncomingMessage): void {
    const { payload } = message
    if (isQuicklyDecoded(payload)) {
      try {
        this.decoded = decode(payload)
        return
      } catch {
        // Said when the value is asked for.
      }
    }
    message.payload = Uint8Array.from(payload)
    this.message = message
  }

  protected value(): T {
    // T is Status for receives into a view, and what the user says it is for the others.
    if (this.isInto) return this.status as T
    if (this.message !== null) {
      const { envelope, payload } = this.message
      this.message = null
      const isValue = envelope.datatype === Datatype.value
      this.decoded = isValue ? this.decode(envelope, payload) : viewOfBytes(envelope.datatype, payload)
    }
    return this.decoded as T
  }

  private decode({ source }: Envelope, payload: Uint8Array): unknown {
    return receivedValue(this.scope.engine, this.call, source, payload)
  }

  override get status(): Status {
    if (this.filled === null) {
      this.filled = new Status()
      if (this.envelope !== null) fillStatus(this.filled, this.scope, this.envelope)
    }
    return this.filled
  }

  override cancel(): boolean {
    return this.cancelWith(new MPIError('ERR_CANCELLED', this.engine.rank, this.call, `${this.describe()}: cancelled`))
  }

  /** Gives the receive up for `reason`, unless a message has matched it. */
  cancelWith(reason: unknown): boolean {
    if (!this.isPending || !this.scope.context.withdraw(this)) return false
    this.isGivenUp = true
    this.fail(reason)
    return true
  }

  override abandon(error: unknown): void {
    // One that a message has matched is still being received.
    if (this.isPending && this.scope.context.withdraw(this)) this.fail(error)
  }

  override asked(): void {
    if (this.isPending && this.source === ANY_SOURCE) this.scope.engine.delivery.failIfHopeless(this)
  }

  override get needsOnlyItsMessage(): boolean {
    return true
  }

  override get hasOtherEnd(): boolean {
    return this.hasSignal
  }

  override describeFully(): string {
    return `${this.describe()} in ${this.scope.name}`
  }

  describe(): string {
    return describeReceive(this.call, this.scope, this.source, this.tag)
  }

  // The program has given the memory to another thread, or cut it off, while the receive was under way.
  private goneError(): MPIError {
    return new MPIError(
      'ERR_BUFFER',
      this.engine.rank,
      this.call,
      `${this.describe()}: the view ${GONE}; the message is lost`,
    )
  }

  private typeError(envelope: Envelope): MPIError {
    const what = envelope.datatype === Datatype.value ? 'a value' : withArticle(datatypeName(envelope.datatype))
    const from = this.scope.ranks.rankOf(envelope.source)
    const reason = `rank ${from} sent ${what} with tag ${envelope.tag}, the view is ${withArticle(datatypeName(this.datatype))}`
    const advice = 'receive with a view of the same type, or with the call that returns the message'
    return new MPIError('ERR_TYPE', this.engine.rank, this.call, `${this.describe()}: ${reason}; ${advice}`)
  }

  private truncateError(envelope: Envelope, bytes: number): MPIError {
    const size = elementBytes(envelope.datatype)
    const sent = `rank ${this.scope.ranks.rankOf(envelope.source)} sent ${envelope.byteLength / size} elements with tag ${envelope.tag}`
    const reason = `${sent}, the view has room for ${bytes / size}; the first ${bytes / size} are in it`
    return new MPIError('ERR_TRUNCATE', this.engine.rank, this.call, `${this.describe()}: ${reason}`)
  }
}

/** Writes what an envelope says to a status. */
export function fillStatus(status: Status, scope: MessageSpace, { source, tag, datatype, byteLength }: Envelope): void {
  writeStatus(status, scope, source, tag, datatype, byteLength)
}

function writeStatus(
  status: Status,
  { ranks }: MessageSpace,
  source: number,
  tag: number,
  datatype: number,
  byteLength: number,
): void {
  status.source = ranks.rankOf(source) ?? source
  status.tag = tag
  status.bytes = byteLength
  status.count = datatype === Datatype.value ? 1 : byteLength / elementBytes(datatype)
  status.type = datatypeName(datatype)
}

/** A receive or probe in the user's words. `source`: world rank or ANY_SOURCE. */
export function describeReceive(call: string, scope: MessageSpace, source: number, tag: number): string {
  const from = source === ANY_SOURCE ? 'ANY_SOURCE' : scope.ranks.rankOf(source)
  return `${call}(source = ${from}, tag = ${tag === ANY_TAG ? 'ANY_TAG' : tag})`
}
