import { CHUNK_CONTEXT, CHUNK_SPREAD, ControlWord, OUTCOME_HEAD_BYTES, PoolRecord } from '../../wire/pool-messages.ts'
import { bytesPayload, makePayload, type Payload, writePayload } from '../dispatch/payload.ts'
import { explainReference } from './compile-source.ts'
import type { LoadedFunction } from './functions.ts'
import { Cancellation, type TaskContext } from './task-context.ts'
import { encodeError } from './encode-error.ts'
import type { ThreadEnd } from './thread-end.ts'

/** A chunk as it came. */
export interface ReadChunk {
  readonly sequence: number
  readonly count: number
  readonly flags: number
  /** Index of its first task in the call. */
  readonly firstIndex: number
  readonly tasks: ArrayLike<unknown>
}

/** One chunk in the thread: its tasks in order, then its results or the error of the first task that failed. */
export class ChunkRun {
  readonly #end: ThreadEnd
  readonly #chunk: ReadChunk
  readonly #results: unknown[]
  readonly #cancellation: Cancellation | undefined
  readonly #startedAt = performance.now()
  #position = 0
  /** performance.now() of the end. */
  endedAt = 0

  constructor(end: ThreadEnd, chunk: ReadChunk) {
    this.#end = end
    this.#chunk = chunk
    this.#results = new Array<unknown>(chunk.count)
    this.#cancellation = (chunk.flags & CHUNK_CONTEXT) !== 0 ? new Cancellation(end.control, chunk.sequence) : undefined
  }

  /** Runs the tasks; a promise where one of them is asynchronous. */
  start(fn: LoadedFunction): Promise<void> | undefined {
    const pending = this.#run(fn, 0)
    return pending === undefined ? undefined : this.#finish(fn, pending)
  }

  /** Runs tasks from position `from` on, up to the end or up to one that takes a promise, which is at `#position`. */
  #run(fn: LoadedFunction, from: number): PromiseLike<unknown> | undefined {
    const { tasks, count, flags } = this.#chunk
    const { control } = this.#end
    const { call } = fn
    const results = this.#results
    const isPlain = (flags & (CHUNK_SPREAD | CHUNK_CONTEXT)) === 0
    let i = from
    try {
      for (; i < count; i += 1) {
        control[ControlWord.task] = i
        const result = isPlain ? call(tasks[i]) : this.#call(call, i)
        if (isThenable(result)) {
          this.#position = i
          return result
        }
        results[i] = result
      }
    } catch (error) {
      this.fail(i, explainReference(error, fn.name, fn.source))
      return undefined
    }
    this.#succeed()
    return undefined
  }

  #call(call: LoadedFunction['call'], i: number): unknown {
    const { tasks, flags, firstIndex } = this.#chunk
    // With CHUNK_SPREAD each task is a list.
    const args = (flags & CHUNK_SPREAD) !== 0 ? Array.from(tasks[i] as ArrayLike<unknown>) : [tasks[i]]
    if (this.#cancellation !== undefined) {
      const context: TaskContext = { signal: this.#cancellation.signal, index: firstIndex + i }
      args.push(context)
    }
    return call(...args)
  }

  /** Waits for promises and runs the rest. A cancellation reaches the tasks' signal meanwhile. */
  async #finish(fn: LoadedFunction, first: PromiseLike<unknown>): Promise<void> {
    this.#end.outbox.wake()
    let pending: PromiseLike<unknown> | undefined = first
    while (pending !== undefined) {
      const i = this.#position
      try {
        if (this.#cancellation === undefined) this.#results[i] = await pending
        else this.#results[i] = await this.#awaitCancellable(pending, this.#cancellation)
      } catch (error) {
        return this.fail(i, explainReference(error, fn.name, fn.source))
      }
      pending = this.#run(fn, i + 1)
    }
  }

  async #awaitCancellable(result: PromiseLike<unknown>, cancellation: Cancellation): Promise<unknown> {
    let isDone = false
    const settled = Promise.resolve(result).finally(() => {
      isDone = true
    })
    // Its error is for the last line.
    settled.catch(() => undefined)
    while (!isDone && !cancellation.look()) {
      await Promise.race([settled, this.#end.sleepAsync(() => isDone || cancellation.look())]).catch(() => undefined)
    }
    return settled
  }

  #succeed(): void {
    this.endedAt = performance.now()
    const { count, firstIndex } = this.#chunk
    let payload: Payload
    try {
      payload = makePayload(this.#results, 0, count)
    } catch (cause) {
      return this.#failToSend(cause)
    }
    const size = OUTCOME_HEAD_BYTES + payload.byteLength
    this.#end.reserve(size)
    const { outbox, port } = this.#end
    try {
      writePayload(payload, outbox, OUTCOME_HEAD_BYTES, port)
    } catch (cause) {
      return this.fail(0, new TypeError(`the result of task ${firstIndex} cannot be sent`, { cause }))
    }
    this.#publish(PoolRecord.result, count, payload.form, size)
  }

  /** Finds the result that cannot be sent. */
  #failToSend(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause)
    for (const [i, result] of this.#results.entries()) {
      try {
        makePayload([result], 0, 1)
      } catch {
        const what = `the result of task ${this.#chunk.firstIndex + i} cannot be sent`
        return this.fail(i, new TypeError(`${what}: ${reason}`, { cause }))
      }
    }
    this.fail(0, cause)
  }

  /** Ends the chunk with the error of the task at position `i`. */
  fail(i: number, thrown: unknown): void {
    this.endedAt = performance.now()
    const payload = bytesPayload(encodeError(thrown))
    const size = OUTCOME_HEAD_BYTES + payload.byteLength
    this.#end.reserve(size)
    writePayload(payload, this.#end.outbox, OUTCOME_HEAD_BYTES, this.#end.port)
    this.#publish(PoolRecord.error, i, payload.form, size)
  }

  #publish(kind: number, word: number, form: number, bytes: number): void {
    const { outbox } = this.#end
    const at = outbox.bodyOffset
    outbox.floats[at >> 3] = performance.timeOrigin + this.#startedAt
    outbox.floats[(at >> 3) + 1] = this.endedAt - this.#startedAt
    outbox.words[(at >> 2) + 4] = form
    outbox.publish(kind, this.#chunk.sequence, word, bytes)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
