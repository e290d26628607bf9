import type { PointToPointCalls, SendrecvOptions } from '../api/point-to-point-calls.ts'
import { CommunicatorBase } from './communicator-base.ts'
import { byDefault } from '../terms/by-default.ts'
import { ANY_SOURCE, ANY_TAG, PROC_NULL } from '../terms/constants.ts'
import type { View } from '../datatypes/datatype.ts'
import { copyOfView, datatypeOf, isView, viewsOverlap } from '../datatypes/datatype.ts'
import { DoneRequest } from '../requests/done-request.ts'
import { type Message, TakenMessage } from '../point-to-point/message.ts'
import { type MessageFilter, Messages, type MessageStream } from '../point-to-point/message-stream.ts'
import { whatIs } from '../terms/in-words.ts'
import { fillStatus, type RecvRequest } from '../matching/recv-request.ts'
import type { Options, Request } from '../terms/request.ts'
import { SendrecvRequest } from '../requests/sendrecv-request.ts'
import { fromNobody, Status } from '../terms/status.ts'
import { Strided } from '../datatypes/strided.ts'

/** Options that sendrecv has beside the common ones. */
const TAGS = ['sendTag', 'recvTag'] as const

/** The point-to-point calls of a communicator, documented in point-to-point-calls.ts. */
export class PointToPointMethods extends CommunicatorBase implements PointToPointCalls {
  send(x: unknown, dest: number, tag: number = byDefault(arguments.length, 2, 0), options?: Options): void {
    if (options !== undefined) this.pointToPoint.checkUsable('send', options)
    this.pointToPoint.send('send', x, dest, tag, false, options?.timeout)
  }

  isend(x: unknown, dest: number, tag: number = byDefault(arguments.length, 2, 0), options?: Options): Request<void> {
    if (options !== undefined) this.pointToPoint.checkUsable('isend', options)
    return this.pointToPoint.isend('isend', x, dest, tag, false)
  }

  ssend(x: unknown, dest: number, tag: number = byDefault(arguments.length, 2, 0), options?: Options): void {
    if (options !== undefined) this.pointToPoint.checkUsable('ssend', options)
    this.pointToPoint.send('ssend', x, dest, tag, true, options?.timeout)
  }

  issend(x: unknown, dest: number, tag: number = byDefault(arguments.length, 2, 0), options?: Options): Request<void> {
    if (options !== undefined) this.pointToPoint.checkUsable('issend', options)
    return this.pointToPoint.isend('issend', x, dest, tag, true)
  }

  recv<T = unknown>(
    source: number = byDefault(arguments.length, 0, ANY_SOURCE),
    tag: number = byDefault(arguments.length, 1, ANY_TAG),
    options?: Options,
  ): T {
    return this.pointToPoint.recv<T>(source, tag, options)
  }

  irecv<T = unknown>(
    source: number = byDefault(arguments.length, 0, ANY_SOURCE),
    tag: number = byDefault(arguments.length, 1, ANY_TAG),
    options?: Options,
  ): Request<T> {
    return this.pointToPoint.receive<T>('irecv', null, source, tag, options)
  }

  recvInto(
    view: View | Strided,
    source: number = byDefault(arguments.length, 1, ANY_SOURCE),
    tag: number = byDefault(arguments.length, 2, ANY_TAG),
    options?: Options,
  ): Status {
    return this.pointToPoint.recvInto(view, source, tag, options)
  }

  irecvInto(
    view: View | Strided,
    source: number = byDefault(arguments.length, 1, ANY_SOURCE),
    tag: number = byDefault(arguments.length, 2, ANY_TAG),
    options?: Options,
  ): Request<Status> {
    return this.pointToPoint.receiveInto('irecvInto', view, source, tag, options)
  }

  sendrecv<T = unknown>(x: unknown, dest: number, source: number, options: SendrecvOptions = {}): T {
    const [send, receive] = this.exchange<T>('sendrecv', x, dest, null, source, options)
    return this.finishBoth(send, receive, options.timeout)
  }

  isendrecv<T = unknown>(x: unknown, dest: number, source: number, options: SendrecvOptions = {}): Request<T> {
    const [send, receive] = this.exchange<T>('isendrecv', x, dest, null, source, options)
    return new SendrecvRequest(this.collectives.engine, send, receive)
  }

  sendrecvInto(
    sendView: View | Strided,
    dest: number,
    recvView: View | Strided,
    source: number,
    options: SendrecvOptions = {},
  ): Status {
    this.checkViews('sendrecvInto', sendView, recvView)
    const [send, receive] = this.exchange<Status>('sendrecvInto', sendView, dest, recvView, source, options)
    return this.finishBoth(send, receive, options.timeout)
  }

  isendrecvInto(
    sendView: View | Strided,
    dest: number,
    recvView: View | Strided,
    source: number,
    options: SendrecvOptions = {},
  ): Request<Status> {
    this.checkViews('isendrecvInto', sendView, recvView)
    const [send, receive] = this.exchange<Status>('isendrecvInto', sendView, dest, recvView, source, options)
    return new SendrecvRequest(this.collectives.engine, send, receive)
  }

  sendrecvReplace(view: View, dest: number, source: number, options: SendrecvOptions = {}): Status {
    const [send, receive] = this.replace('sendrecvReplace', view, dest, source, options)
    return this.finishBoth(send, receive, options.timeout)
  }

  isendrecvReplace(view: View, dest: number, source: number, options: SendrecvOptions = {}): Request<Status> {
    const [send, receive] = this.replace('isendrecvReplace', view, dest, source, options)
    return new SendrecvRequest(this.collectives.engine, send, receive)
  }

  probe(
    source: number = byDefault(arguments.length, 0, ANY_SOURCE),
    tag: number = byDefault(arguments.length, 1, ANY_TAG),
    options?: Options,
  ): Status {
    const world = this.pointToPoint.sourceOf('probe', source, tag, options)
    if (world === PROC_NULL) return fromNobody(options?.status)
    const status = options?.status ?? new Status()
    const { scope } = this.pointToPoint
    const message = scope.engine.probe('probe', scope, world, tag, options?.timeout ?? Number.POSITIVE_INFINITY)
    fillStatus(status, scope, message.envelope)
    return status
  }

  iprobe(
    source: number = byDefault(arguments.length, 0, ANY_SOURCE),
    tag: number = byDefault(arguments.length, 1, ANY_TAG),
  ): Status | null {
    const world = this.pointToPoint.sourceOf('iprobe', source, tag)
    if (world === PROC_NULL) return fromNobody()
    const { scope } = this.pointToPoint
    const message = scope.engine.find(scope, world, tag)
    if (message === null) return null
    const status = new Status()
    fillStatus(status, scope, message.envelope)
    return status
  }

  mprobe(
    source: number = byDefault(arguments.length, 0, ANY_SOURCE),
    tag: number = byDefault(arguments.length, 1, ANY_TAG),
    options?: Options,
  ): Message {
    const world = this.pointToPoint.sourceOf('mprobe', source, tag, options)
    const { scope } = this.pointToPoint
    if (world === PROC_NULL) return new TakenMessage(scope, null)
    const message = scope.engine.probe('mprobe', scope, world, tag, options?.timeout ?? Number.POSITIVE_INFINITY)
    scope.context.take(message)
    return new TakenMessage(scope, message)
  }

  improbe(
    source: number = byDefault(arguments.length, 0, ANY_SOURCE),
    tag: number = byDefault(arguments.length, 1, ANY_TAG),
  ): Message | null {
    const world = this.pointToPoint.sourceOf('improbe', source, tag)
    const { scope } = this.pointToPoint
    if (world === PROC_NULL) return new TakenMessage(scope, null)
    const message = scope.engine.find(scope, world, tag)
    if (message === null) return null
    scope.context.take(message)
    return new TakenMessage(scope, message)
  }

  messages<T = unknown>(filter: MessageFilter = {}): MessageStream<T> {
    return new Messages<T>(this.pointToPoint, filter)
  }

  // The receive is posted before the send begins, so that what comes in meanwhile goes to its place; and after all that was given is
  // found to be right, because a message that has come would match it at once and be lost with it.
  private exchange<T>(
    call: string,
    x: unknown,
    dest: number,
    view: View | Strided | null,
    source: number,
    options: SendrecvOptions,
  ): [Request<void>, RecvRequest<T> | DoneRequest<T>] {
    const { pointToPoint } = this
    pointToPoint.checkUsable(call, options, TAGS)
    const { sendTag = 0, recvTag = ANY_TAG } = options
    const message = x instanceof Strided ? x.pack() : x
    const datatype = datatypeOf(message)
    const isSent = pointToPoint.checkSend(call, dest, sendTag)
    const payload = isSent ? pointToPoint.payloadOf(call, message, datatype) : null
    const receive = pointToPoint.post<T>(call, view, source, recvTag, options)
    if (payload === null) return [new DoneRequest(this.job.engine, call, undefined), receive]
    return [pointToPoint.begin(call, datatype, payload, dest, sendTag, false), receive]
  }

  // What comes in may be written to the view before all of it has left.
  private replace(
    call: string,
    view: View,
    dest: number,
    source: number,
    options: SendrecvOptions,
  ): [Request<void>, RecvRequest<Status> | DoneRequest<Status>] {
    return this.exchange<Status>(call, isView(view) ? copyOfView(view) : view, dest, view, source, options)
  }

  /** Waits for both halves, `timeoutMs` in all. */
  private finishBoth<T>(send: Request<void>, receive: RecvRequest<T> | DoneRequest<T>, timeoutMs?: number): T {
    const began = timeoutMs === undefined ? 0 : performance.now()
    const value = this.pointToPoint.finish(receive, timeoutMs)
    send.wait(timeoutMs === undefined ? undefined : { timeout: Math.max(0, timeoutMs - (performance.now() - began)) })
    return value
  }

  private checkViews(call: string, sendView: View | Strided, recvView: View | Strided): void {
    this.pointToPoint.checkView(call, recvView)
    if (!(sendView instanceof Strided) && !isView(sendView)) {
      const reason = `the send view is ${whatIs(sendView)}; give a typed array such as Float64Array`
      throw this.pointToPoint.error('ERR_TYPE', call, `${call}: ${reason}`)
    }
    // Elements that do not lie together are copied before anything is received.
    if (sendView instanceof Strided || recvView instanceof Strided || !viewsOverlap(sendView, recvView)) return
    const advice = 'give views that are apart'
    throw this.pointToPoint.error('ERR_BUFFER', call, `${call}: the send and the receive view share memory; ${advice}`)
  }
}
