import { onAbort } from '../../base/on-abort.ts'
import { encode, encodeBriefly } from '../../wire/codec.ts'
import { Datatype, ENVELOPE_FLAG_SYNC, type Envelope, makeEnvelope } from '../../wire/envelope.ts'
import { BriefMessages, NO_MESSAGE } from './brief-messages.ts'
import { show, showConstant, whatIs } from '../terms/in-words.ts'
import { revokedError } from '../losses/comm-failure.ts'
import { ANY_SOURCE, ANY_TAG, PROC_NULL, TAG_UB } from '../terms/constants.ts'
import { checkOptions } from '../terms/check-options.ts'
import {
  datatypeName,
  datatypeOf,
  GONE,
  isGone,
  isView,
  MOST_BYTES,
  type View,
  viewConstructor,
} from '../datatypes/datatype.ts'
import { DoneRequest } from '../requests/done-request.ts'
import type { Engine } from '../engine/engine.ts'
import type { LoanRequest } from '../sending/lending.ts'
import { MPIError, type MPIErrorCode } from '../terms/mpi-error.ts'
import type { RankTable } from '../groups/rank-table.ts'
import { RecvRequest } from '../matching/recv-request.ts'
import type { Options } from '../terms/request.ts'
import type { Scope } from '../engine/scope.ts'
import type { SendRequest } from '../sending/send-request.ts'
import { fromNobody, type Status } from '../terms/status.ts'
import { Strided } from '../datatypes/strided.ts'
import { StridedReceive } from '../matching/strided-receive.ts'

/** Messages below it are never lent; to look at the memory of a small view costs more than to copy it. */
const WORTH_A_LOOK = 4096
const NO_LIMIT = Number.POSITIVE_INFINITY

/** Point-to-point messages of one communicator (MPI 4.1 §3): checks arguments and turns calls into requests of the engine. */
export class PointToPoint {
  readonly scope: Scope
  /** Set by `free`. */
  isFreed = false
  private readonly engine: Engine
  private readonly brief: BriefMessages
  private readonly ranks: RankTable
  /** Every standard send waits until it is matched (--sync-send). */
  private readonly syncSend: boolean

  constructor(scope: Scope, syncSend: boolean) {
    this.scope = scope
    this.engine = scope.engine
    this.ranks = scope.ranks
    this.brief = new BriefMessages(scope)
    this.syncSend = syncSend
  }

  /** Standard or synchronous send; blocks. */
  send(call: string, x: unknown, dest: number, tag: number, isSync: boolean, timeoutMs: number = NO_LIMIT): void {
    if (!this.checkSend(call, dest, tag)) return
    const { sentBytes } = this.engine
    const datatype = sentBytes.has(x) ? sentBytes.datatype : datatypeOf(x)
    if (datatype === Datatype.value && x instanceof Strided) {
      return this.sendPacked(call, x, dest, tag, isSync, timeoutMs)
    }
    if (isSync || this.syncSend) {
      const payload = this.payloadOf(call, x, datatype)
      const isOwned = datatype === Datatype.value
      const request = this.sendSynchronous(call, this.syncEnvelope(dest, tag, datatype, payload), payload, isOwned)
      return request.finish(timeoutMs)
    }
    const payload = this.payloadOf(call, x, datatype, encodeBriefly)
    if (this.brief.send(this.ranks.worldOf(dest), tag, datatype, payload)) return
    const envelope = this.envelope(dest, tag, datatype, payload.byteLength)
    const loan = this.lend(call, envelope, payload)
    if (loan !== null) this.engine.sending.lending.finish(loan, timeoutMs)
    else this.engine.sending.send(call, envelope, payload, timeoutMs)
  }

  /** Packs into memory that is used again: when the send returns nobody needs it. It is lost where the send fails, and may still be read. */
  private sendPacked(call: string, x: Strided, dest: number, tag: number, isSync: boolean, timeoutMs: number): void {
    const { memory } = this.engine.sending
    const constructor = viewConstructor(datatypeOf(x.view))
    const buffer = memory.take(x.length * constructor.BYTES_PER_ELEMENT)
    this.send(call, x.pack(new constructor(buffer, 0, x.length)), dest, tag, isSync, timeoutMs)
    memory.giveBack(buffer)
  }

  /** Standard or synchronous send; never blocks. */
  isend(call: string, x: unknown, dest: number, tag: number, isSync: boolean): SendRequest | DoneRequest<void> {
    if (!this.checkSend(call, dest, tag)) return new DoneRequest(this.engine, call, undefined)
    const { sentBytes } = this.engine
    const datatype = sentBytes.has(x) ? sentBytes.datatype : datatypeOf(x)
    if (datatype === Datatype.value && x instanceof Strided) return this.isend(call, x.pack(), dest, tag, isSync)
    return this.begin(call, datatype, this.payloadOf(call, x, datatype), dest, tag, isSync)
  }

  /** Begins a send whose arguments have been checked. */
  begin(
    call: string,
    datatype: number,
    payload: Uint8Array,
    dest: number,
    tag: number,
    isSync: boolean,
  ): SendRequest | DoneRequest<void> {
    const isOwned = datatype === Datatype.value
    if (isSync || this.syncSend) {
      return this.sendSynchronous(call, this.syncEnvelope(dest, tag, datatype, payload), payload, isOwned)
    }
    if (this.brief.send(this.ranks.worldOf(dest), tag, datatype, payload)) {
      return new DoneRequest(this.engine, call, undefined)
    }
    const envelope = this.envelope(dest, tag, datatype, payload.byteLength)
    const request =
      this.lend(call, envelope, payload) ??
      this.engine.sending.begin(call, envelope, payload, isOwned || this.isLent(payload))
    return request ?? new DoneRequest(this.engine, call, undefined)
  }

  private sendSynchronous(call: string, envelope: Envelope, payload: Uint8Array, isOwned: boolean): SendRequest {
    return this.lend(call, envelope, payload) ?? this.engine.sending.sendSynchronous(call, envelope, payload, isOwned)
  }

  /** Lends a message out of memory of MPI.alloc; null: it is to be sent as any other. */
  private lend(call: string, envelope: Envelope, payload: Uint8Array): LoanRequest | null {
    return payload.byteLength < WORTH_A_LOOK ? null : this.engine.sending.lending.lend(call, envelope, payload)
  }

  /** Whether memory belongs to an awaitable send until it is done, because it is from MPI.alloc. */
  private isLent(payload: Uint8Array): boolean {
    return payload.byteLength >= WORTH_A_LOOK && this.engine.allocated.has(payload.buffer)
  }

  /** Posts a receive into `view`; ERR_TYPE where that is none. */
  receiveInto(
    call: string,
    view: View | Strided,
    source: number,
    tag: number,
    options?: Options,
  ): RecvRequest<Status> | DoneRequest<Status> {
    // To `receive` it means something else.
    if (view === null) this.checkView(call, view)
    return this.receive<Status>(call, view, source, tag, options)
  }

  /** Posts a receive, of any message (null) or into `view`. */
  receive<T>(
    call: string,
    view: View | Strided | null,
    source: number,
    tag: number,
    options?: Options,
  ): RecvRequest<T> | DoneRequest<T> {
    this.checkUsable(call, options)
    return this.post<T>(call, view, source, tag, options)
  }

  /** `receive` with options that have been checked. */
  post<T>(
    call: string,
    view: View | Strided | null,
    source: number,
    tag: number,
    options?: Options,
  ): RecvRequest<T> | DoneRequest<T> {
    this.checkRecvTag(call, tag)
    if (view !== null) this.checkView(call, view)
    if (source === PROC_NULL) return this.receiveFromNobody(call, view, options)
    const world = source === ANY_SOURCE ? source : this.worldOf(call, 'source', source)
    const request =
      view instanceof Strided
        ? new StridedReceive<T>(this.scope, call, world, tag, view, options?.status)
        : new RecvRequest<T>(this.scope, call, world, tag, options?.status)
    if (view === null) request.takesValue = true
    else if (!(view instanceof Strided)) request.into(view)
    this.engine.delivery.receive(request)
    if (options?.signal !== undefined) cancelOnAbort(request, options.signal)
    return request
  }

  /** Receives into `view`; blocks. */
  recvInto(view: View | Strided, source: number, tag: number, options?: Options): Status {
    const status = options === undefined && !this.isFreed ? this.brief.receiveInto(view, source, tag) : null
    return status ?? this.finish(this.receiveInto('recvInto', view, source, tag, options), options?.timeout)
  }

  /** Receives any message; blocks. */
  recv<T>(source: number, tag: number, options?: Options): T {
    const value = options === undefined && !this.isFreed ? this.brief.receive(source, tag) : NO_MESSAGE
    // What comes is what the user says it is.
    if (value !== NO_MESSAGE) return value as T
    return this.finish(this.receive<T>('recv', null, source, tag, options), options?.timeout)
  }

  /** Waits for a receive of a blocking call; on ERR_TIMEOUT it is no longer posted. */
  finish<T>(request: RecvRequest<T> | DoneRequest<T>, timeoutMs: number = NO_LIMIT): T {
    // One that is done from the start is none.
    if (request instanceof RecvRequest && request.isPending) {
      try {
        if (!this.engine.waitForReceive(request, timeoutMs)) this.giveUp(request, request.timeoutError(timeoutMs))
      } catch (error) {
        this.giveUp(request, error)
        throw error
      }
    }
    return request.result()
  }

  // A message that has matched already is on its way and is received all the same.
  private giveUp(request: RecvRequest<unknown>, error: unknown): void {
    if (!request.cancelWith(error)) this.engine.waitFor(request, NO_LIMIT)
  }

  /**
   * Throws ERR_COMM on a communicator that is freed, ERR_REVOKED on one that is revoked, ERR_ARG for options that are none. `own`: names of those
   * that the call has beside the common ones.
   */
  checkUsable(call: string, options?: Options, own?: readonly string[]): void {
    this.checkNotFreed(call)
    const { context, name } = this.scope
    if (context.isRevoked) throw revokedError(this.engine.rank, call, call, name)
    if (options !== undefined) checkOptions(options, this.engine.rank, call, own)
  }

  checkNotFreed(call: string): void {
    if (this.isFreed) throw this.error('ERR_COMM', call, `${call}: ${this.scope.name} has been freed`)
  }

  /** The world rank of a source, checked; ANY_SOURCE and PROC_NULL as they are. */
  sourceOf(call: string, source: number, tag: number, options?: Options): number {
    this.checkUsable(call, options)
    this.checkRecvTag(call, tag)
    return source === ANY_SOURCE || source === PROC_NULL ? source : this.worldOf(call, 'source', source)
  }

  /** Throws ERR_TAG for what cannot be sent with. */
  checkTag(call: string, tag: number): void {
    if (Number.isInteger(tag) && tag >= 0 && tag <= TAG_UB) return
    const allowed = `a tag is an integer from 0 to ${TAG_UB} (MPI.TAG_UB)`
    throw this.error('ERR_TAG', call, `${call}(tag = ${showConstant(tag)}): ${allowed}`)
  }

  /** Throws ERR_TYPE for what cannot be received into, ERR_BUFFER for memory that is gone. */
  checkView(call: string, view: unknown): void {
    if (view instanceof Strided) return
    if (isView(view)) {
      if (isGone(view)) throw this.error('ERR_BUFFER', call, `${call}: the view ${GONE}`)
      return
    }
    const reason = `cannot receive into ${whatIs(view)}; give a typed array such as ${datatypeName(Datatype.float64)}`
    throw this.error('ERR_TYPE', call, `${call}: ${reason}`)
  }

  error(code: MPIErrorCode, call: string, message: string, cause?: unknown): MPIError {
    return new MPIError(code, this.engine.rank, call, message, cause === undefined ? undefined : { cause })
  }

  /** False: to PROC_NULL, nothing is to be sent. */
  checkSend(call: string, dest: number, tag: number): boolean {
    this.checkUsable(call)
    this.checkTag(call, tag)
    if (dest === PROC_NULL) return false
    const world = this.worldOf(call, 'dest', dest)
    const { losses } = this.engine
    if (losses.has(world)) throw losses.error(call, `${call}(dest = ${dest}, tag = ${tag})`, this.scope, [dest])
    return true
  }

  private checkRecvTag(call: string, tag: number): void {
    if (tag === ANY_TAG || (Number.isInteger(tag) && tag >= 0 && tag <= TAG_UB)) return
    const allowed = `a tag is MPI.ANY_TAG or an integer from 0 to ${TAG_UB} (MPI.TAG_UB)`
    throw this.error('ERR_TAG', call, `${call}(tag = ${showConstant(tag)}): ${allowed}`)
  }

  private worldOf(call: string, parameter: string, rank: number): number {
    const { size } = this.ranks
    if (Number.isInteger(rank) && rank >= 0 && rank < size) return this.ranks.worldOf(rank)
    const reason = `rank ${show(rank)} does not exist in ${this.scope.name}, which has ${size} ${size === 1 ? 'rank (0)' : `ranks (0…${size - 1})`}`
    throw this.error('ERR_RANK', call, `${call}(${parameter} = ${showConstant(rank)}): ${reason}`)
  }

  /** The bytes of a message: those of a view, or an encoded value; ERR_TYPE where it cannot travel. */
  payloadOf(call: string, x: unknown, datatype: number, encoder: (value: unknown) => Uint8Array = encode): Uint8Array {
    if (datatype !== Datatype.value) {
      // A datatype other than value says that it is a view.
      const view = x as View
      const { byteLength } = view
      if (byteLength > MOST_BYTES) throw this.tooLong(call, view)
      if (byteLength === 0 && isGone(view)) throw this.error('ERR_BUFFER', call, `${call}: the view ${GONE}`)
      return this.engine.sentBytes.of(view)
    }
    try {
      return encoder(x)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw this.error('ERR_TYPE', call, `${call}: ${reason}`, error)
    }
  }

  private envelope(dest: number, tag: number, datatype: number, byteLength: number): Envelope {
    const { engine, ranks, scope } = this
    return makeEnvelope(engine.rank, ranks.worldOf(dest), scope.context.context, tag, datatype, 0, 0, byteLength)
  }

  private syncEnvelope(dest: number, tag: number, datatype: number, payload: Uint8Array): Envelope {
    const { engine, ranks, scope } = this
    const id = engine.sending.nextId()
    const { byteLength } = payload
    const world = ranks.worldOf(dest)
    return makeEnvelope(engine.rank, world, scope.context.context, tag, datatype, ENVELOPE_FLAG_SYNC, id, byteLength)
  }

  private receiveFromNobody<T>(call: string, view: View | Strided | null, options?: Options): DoneRequest<T> {
    const status = fromNobody(options?.status)
    // From PROC_NULL comes no message: T is Status with a view, and undefined without.
    return new DoneRequest(this.engine, call, (view === null ? undefined : status) as T, status)
  }

  private tooLong(call: string, view: View): MPIError {
    const reason = `a message has at most ${MOST_BYTES} bytes, this view has ${view.byteLength}; send it in parts`
    return this.error('ERR_COUNT', call, `${call}: ${reason}`)
  }
}

function cancelOnAbort(request: RecvRequest<unknown>, signal: AbortSignal): void {
  if (!request.isPending) return
  const cancel = (): void => {
    request.cancelWith(signal.reason)
  }
  if (signal.aborted) return cancel()
  request.hasSignal = true
  const forget = onAbort(signal, cancel)
  request.then(forget, forget)
}
