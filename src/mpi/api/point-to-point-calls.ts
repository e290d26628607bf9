import type { View } from '../datatypes/datatype.ts'
import type { Message } from '../point-to-point/message.ts'
import type { MessageFilter, MessageStream } from '../point-to-point/message-stream.ts'
import type { Options, Request } from '../terms/request.ts'
import type { Status } from '../terms/status.ts'
import type { Strided } from '../datatypes/strided.ts'

/** Tags of the two halves of a `sendrecv`. */
export interface SendrecvOptions extends Options {
  /** 0 by default. */
  sendTag?: number
  /** ANY_TAG by default. */
  recvTag?: number
}

/**
 * Point-to-point calls (MPI 4.1 §3). The plain name blocks; `i` + name returns a `Request` and never blocks. `dest` and `source` are ranks of
 * the communicator, or PROC_NULL; tags are 0…TAG_UB. All throw ERR_RANK, ERR_TAG, ERR_COMM, ERR_ARG for options that are none, and ERR_BUFFER
 * for a view whose memory was transferred, before anything is sent. Times are in ms.
 */
export interface PointToPointCalls {
  /**
   * Sends a typed array as raw bytes, anything else encoded. What was given may be changed as soon as the call returns. Blocks while there
   * is no room for the message, and while 64 MiB that this rank has sent to `dest` are not matched by receives. Throws ERR_TYPE where it
   * holds something that cannot travel (functions, symbols, promises), ERR_COUNT for a view of more than 4 GiB, ERR_PROC_FAILED,
   * ERR_TIMEOUT. MPI 4.1 §3.2.
   */
  send(x: unknown, dest: number, tag?: number, options?: Options): void
  /** Awaitable `send`: never blocks. MPI 4.1 §3.7.2. */
  isend(x: unknown, dest: number, tag?: number, options?: Options): Request<void>
  /**
   * Like `send`; returns only when the receiver has matched the message. Also throws ERR_PROC_FAILED where the receiver ends without doing
   * so. MPI 4.1 §3.4.
   */
  ssend(x: unknown, dest: number, tag?: number, options?: Options): void
  /** Awaitable `ssend`: never blocks. MPI 4.1 §3.7.2. */
  issend(x: unknown, dest: number, tag?: number, options?: Options): Request<void>
  /**
   * The next message from `source` (ANY_SOURCE) with `tag` (ANY_TAG): a new view of the sender's type and length, or the value; undefined
   * from PROC_NULL. Blocks until it is there. Throws ERR_PROC_FAILED where nobody is left to send it, ERR_TIMEOUT. MPI 4.1 §3.2.4.
   */
  recv<T = unknown>(source?: number, tag?: number, options?: Options): T
  /** Awaitable `recv`: never blocks. MPI 4.1 §3.7.2. */
  irecv<T = unknown>(source?: number, tag?: number, options?: Options): Request<T>
  /**
   * Receives elements of the view's type into `view`; elements behind the message stay. Returns its status, with `count` in elements.
   * Blocks. Throws ERR_TRUNCATE where the message is longer (`view` then holds its beginning) and ERR_TYPE where it has another type; it
   * is consumed. Also ERR_PROC_FAILED, ERR_TIMEOUT. MPI 4.1 §3.2.4.
   */
  recvInto(view: View | Strided, source?: number, tag?: number, options?: Options): Status
  /** Awaitable `recvInto`: never blocks. MPI 4.1 §3.7.2. */
  irecvInto(view: View | Strided, source?: number, tag?: number, options?: Options): Request<Status>
  /**
   * Sends `x` and receives at the same time, so that exchanges do not deadlock; returns what came, as `recv`. Blocks until both are done.
   * Throws what `send` and `recv` throw. MPI 4.1 §3.10.
   */
  sendrecv<T = unknown>(x: unknown, dest: number, source: number, options?: SendrecvOptions): T
  /** Awaitable `sendrecv`: never blocks. MPI 4.1 §3.7.2. */
  isendrecv<T = unknown>(x: unknown, dest: number, source: number, options?: SendrecvOptions): Request<T>
  /**
   * `sendrecv` of views of any length and type: elements go out of `sendView`, others come into `recvView`, as `recvInto`. Blocks. Also
   * throws ERR_BUFFER where the views share memory. MPI 4.1 §3.10.
   */
  sendrecvInto(
    sendView: View | Strided,
    dest: number,
    recvView: View | Strided,
    source: number,
    options?: SendrecvOptions,
  ): Status
  /** Awaitable `sendrecvInto`: never blocks. MPI 4.1 §3.7.2. */
  isendrecvInto(
    sendView: View | Strided,
    dest: number,
    recvView: View | Strided,
    source: number,
    options?: SendrecvOptions,
  ): Request<Status>
  /** `sendrecvInto` with one view: what comes takes the place of what is sent. Blocks. Throws as `recvInto`. MPI 4.1 §3.10. */
  sendrecvReplace(view: View, dest: number, source: number, options?: SendrecvOptions): Status
  /** Awaitable `sendrecvReplace`: never blocks. MPI 4.1 §3.7.2. */
  isendrecvReplace(view: View, dest: number, source: number, options?: SendrecvOptions): Request<Status>
  /**
   * Waits for a message and says what it is; the next `recv` of that source and tag gets it. Blocks. Throws ERR_PROC_FAILED, ERR_TIMEOUT.
   * MPI 4.1 §3.8.1.
   */
  probe(source?: number, tag?: number, options?: Options): Status
  /** Like `probe`; null where no message is there. Never blocks. MPI 4.1 §3.8.1. */
  iprobe(source?: number, tag?: number): Status | null
  /** Waits for a message and takes it: nobody else can receive it. Blocks. Throws ERR_PROC_FAILED, ERR_TIMEOUT. MPI 4.1 §3.8.2. */
  mprobe(source?: number, tag?: number, options?: Options): Message
  /** Like `mprobe`; null where no message is there. Never blocks. MPI 4.1 §3.8.2. */
  improbe(source?: number, tag?: number): Message | null
  /**
   * The messages that come from now on, as `{ data, source, tag }`: `for` blocks for each, `for await` does not. Each step is a receive, so a loop
   * that is left has taken no message that it did not give out. Ends when nothing is there and all other ranks that could send have finished;
   * a rank's messages to itself come while the loop runs, and do not keep it going. A loop over a job that goes on needs a message that says so,
   * and a `break`. Throws ERR_TIMEOUT, with `for` and a `timeout`; the reason of the signal, with `for await`. No call of MPI.
   */
  messages<T = unknown>(filter?: MessageFilter): MessageStream<T>
}
