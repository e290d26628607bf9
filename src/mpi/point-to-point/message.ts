import { showAs } from '../terms/inspect.ts'
import { GONE, isGone, isView, type View } from '../datatypes/datatype.ts'
import { whatIs } from '../terms/in-words.ts'
import type { IncomingMessage } from '../matching/incoming-message.ts'
import { revokedError } from '../losses/comm-failure.ts'
import { MPIError } from '../terms/mpi-error.ts'
import { fillStatus, RecvRequest } from '../matching/recv-request.ts'
import { ipacked, packed } from '../requests/packed.ts'
import type { Request } from '../terms/request.ts'
import { DoneRequest } from '../requests/done-request.ts'
import type { Scope } from '../engine/scope.ts'
import { fromNobody, Status } from '../terms/status.ts'
import { Strided } from '../datatypes/strided.ts'

/** A message that `mprobe` or `improbe` has taken; it can be received once (MPI 4.1 §3.8.3). */
export interface Message {
  /** What the probe has said of it. */
  readonly status: Status
  /** The message, as `Comm.recv`; undefined from PROC_NULL. Blocks until all of it has come. Throws ERR_ARG the second time. MPI 4.1 §3.8.3. */
  recv<T = unknown>(): T
  /** Awaitable `recv`: never blocks. MPI 4.1 §3.8.3. */
  irecv<T = unknown>(): Request<T>
  /** The message in `view`, as `Comm.recvInto`. Blocks. Throws ERR_TRUNCATE, ERR_TYPE; ERR_ARG the second time. MPI 4.1 §3.8.3. */
  recvInto(view: View | Strided): Status
  /** Awaitable `recvInto`: never blocks. MPI 4.1 §3.8.3. */
  irecvInto(view: View | Strided): Request<Status>
}

/** A message that has been taken out of the queue of unexpected ones. */
export class TakenMessage implements Message {
  readonly status: Status
  private readonly scope: Scope
  private message: IncomingMessage | null
  private isFromNobody: boolean

  /** `message` null: from PROC_NULL. */
  constructor(scope: Scope, message: IncomingMessage | null) {
    this.scope = scope
    this.message = message
    this.isFromNobody = message === null
    this.status = message === null ? fromNobody() : new Status()
    if (message !== null) fillStatus(this.status, scope, message.envelope)
  }

  recv<T>(): T {
    return this.receive<T>('Message.recv', null).wait()
  }

  irecv<T>(): Request<T> {
    return this.receive<T>('Message.irecv', null)
  }

  recvInto(view: View | Strided): Status {
    if (view instanceof Strided) return packed(null, view, (_, elements) => this.recvInto(elements))
    return this.receiveInto('Message.recvInto', view).wait()
  }

  irecvInto(view: View | Strided): Request<Status> {
    if (view instanceof Strided) {
      const { engine } = this.scope
      return ipacked(engine, null, view, (_, elements) => this.irecvInto(elements))
    }
    return this.receiveInto('Message.irecvInto', view)
  }

  private receiveInto(call: string, view: View): Request<Status> {
    const { rank } = this.scope.engine
    if (!isView(view)) {
      const reason = `cannot receive into ${whatIs(view)}; give a typed array such as Float64Array`
      throw new MPIError('ERR_TYPE', rank, call, `${call}: ${reason}`)
    }
    if (isGone(view)) throw new MPIError('ERR_BUFFER', rank, call, `${call}: the view ${GONE}`)
    return this.receive<Status>(call, view)
  }

  private receive<T>(call: string, view: View | null): Request<T> {
    const { message, scope } = this
    if (message === null && this.isFromNobody) {
      this.isFromNobody = false
      // From PROC_NULL comes no message: T is Status with a view, and undefined without.
      return new DoneRequest(scope.engine, call, (view === null ? undefined : this.status) as T, this.status)
    }
    if (message === null) {
      throw new MPIError('ERR_ARG', scope.engine.rank, call, `${call}: the message has been received already`)
    }
    if (scope.context.isRevoked) throw revokedError(scope.engine.rank, call, call, scope.name)
    this.message = null
    const request = new RecvRequest<T>(scope, call, message.envelope.source, message.envelope.tag)
    if (view !== null) request.into(view)
    scope.engine.delivery.attach(request, message)
    return request
  }

  static {
    showAs<TakenMessage>(TakenMessage.prototype, 'Message', ({ status }) => {
      return `Message { source: ${status.source}, tag: ${status.tag}, ${status.count} of ${status.type} }`
    })
  }
}
