import { decode } from '../../wire/codec.ts'
import { ControlWord, type FunctionRef, PoolRecord, SEQUENCE_MODULUS } from '../../wire/pool-messages.ts'
import { readPayload, skipPayload } from '../dispatch/payload.ts'
import { ChunkRun, type ReadChunk } from './chunk-run.ts'
import { type LoadedFunction, loadFunction } from './functions.ts'
import type { LoaderHost } from './loader-host.ts'
import type { ThreadEnd } from './thread-end.ts'
import { CHUNK_HEAD_BYTES } from '../../wire/pool-messages.ts'

/** Results that are ready but not announced yet: the dispatcher is woken after this long at the latest. */
const ANNOUNCE_MS = 0.1

/** The event loop turns at least so often between chunks, as long as the thread finds nothing to do at times. */
const TURN_MS = 1

/** A function, or why there is none. */
type Definition = LoadedFunction | { readonly failure: unknown }

/** Works off what the dispatcher sends, one chunk after the other, until it is asked to end. */
export class Server {
  readonly #end: ThreadEnd
  readonly #host: LoaderHost
  readonly #functions = new Map<number, Definition>()
  readonly #restingHandles: number
  #leaveCompiled: (() => void) | undefined
  #announcedAt = 0
  #turnedAt = 0
  #isAskedToEnd = false

  /** `leaveCompiled`: called when the thread has loaded all that a start needs, which is before its first task. */
  constructor(end: ThreadEnd, host: LoaderHost, leaveCompiled: (() => void) | undefined) {
    this.#end = end
    this.#leaveCompiled = leaveCompiled
    this.#host = host
    this.#restingHandles = process.getActiveResourcesInfo().length
  }

  /** Resolves when the thread is to end. */
  async serve(): Promise<void> {
    for (;;) {
      const pending = this.#workOff()
      if (pending !== undefined) {
        await pending
        continue
      }
      this.#end.outbox.wake()
      if (!this.#isAskedToEnd && this.#end.spin() && performance.now() - this.#turnedAt < TURN_MS) continue
      // What tasks have left to the event loop without waiting for it.
      await turn()
      // Now also a promise has been reported that the last task left behind.
      if (this.#isAskedToEnd) return
      this.#turnedAt = performance.now()
      if (this.#end.inbox.hasNext()) continue
      if (process.getActiveResourcesInfo().length > this.#restingHandles) {
        await this.#end.sleepAsync(() => this.#end.inbox.hasNext())
      } else this.#end.sleep()
    }
  }

  /** Handles records until there are none, or until one takes a promise. */
  #workOff(): Promise<void> | undefined {
    const { inbox } = this.#end
    while (inbox.next()) {
      const pending = this.#handle()
      if (pending !== undefined) return pending
    }
    return undefined
  }

  #handle(): Promise<void> | undefined {
    const { inbox, control } = this.#end
    if (inbox.kind === PoolRecord.chunk) return this.#chunk()
    if (inbox.kind === PoolRecord.resume) {
      // Pairs with the exchange in ThreadLane.revoke(), which found the gate closed since.
      Atomics.store(control, ControlWord.gate, inbox.source)
      inbox.release()
      return undefined
    }
    if (inbox.kind === PoolRecord.define) return this.#define()
    if (inbox.kind === PoolRecord.end) {
      this.#isAskedToEnd = true
      inbox.release()
      return undefined
    }
    throw new Error(`unexpected record of kind ${inbox.kind} for a pool's thread`)
  }

  #define(): Promise<void> | undefined {
    const { inbox } = this.#end
    const id = inbox.source
    const from = inbox.bodyOffset
    // Made by the dispatcher's define().
    const ref = decode(inbox.bytes.slice(from, from + inbox.bodyBytes)) as FunctionRef
    inbox.release()
    try {
      const loaded = loadFunction(ref, this.#host)
      if (!(loaded instanceof Promise)) {
        this.#functions.set(id, loaded)
        return undefined
      }
      return loaded.then(
        (found) => void this.#functions.set(id, found),
        (failure: unknown) => void this.#functions.set(id, { failure }),
      )
    } catch (failure) {
      this.#functions.set(id, { failure })
      return undefined
    }
  }

  #chunk(): Promise<void> | undefined {
    const { inbox, control, port } = this.#end
    const { words, floats, bodyOffset: at, source: sequence, dest: count } = inbox
    const form = words[(at >> 2) + 4] ?? 0
    // Takes the chunk, unless the dispatcher has taken it back. Pairs with the exchange in ThreadLane.revoke().
    const next = (sequence + 1) % SEQUENCE_MODULUS
    if (Atomics.compareExchange(control, ControlWord.gate, sequence, next) !== sequence) {
      skipPayload(form, port)
      inbox.release()
      return undefined
    }
    const definition = this.#functions.get(words[at >> 2] ?? 0)
    const chunk: ReadChunk = {
      sequence,
      count,
      flags: words[(at >> 2) + 1] ?? 0,
      firstIndex: floats[(at >> 3) + 1] ?? 0,
      tasks: readPayload(inbox, CHUNK_HEAD_BYTES, form, count, port),
    }
    inbox.release()
    if (this.#leaveCompiled !== undefined) {
      // Not later: when its outcome is there the thread may be ended.
      this.#leaveCompiled()
      this.#leaveCompiled = undefined
    }
    const run = new ChunkRun(this.#end, chunk)
    if (definition === undefined || 'failure' in definition) run.fail(0, definition?.failure)
    else {
      const pending = run.start(definition)
      if (pending !== undefined) return pending
    }
    if (run.endedAt - this.#announcedAt > ANNOUNCE_MS) {
      this.#announcedAt = run.endedAt
      this.#end.outbox.wake()
    }
    return undefined
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
