import { MessageChannel, type MessagePort, type ResourceLimits, Worker } from 'node:worker_threads'
import { Doorbell } from '../../shm/doorbell.ts'
import { allocatePairMemory } from '../../shm/layout.ts'
import { RingReader, RingWriter } from '../../shm/ring.ts'
import { encode } from '../../wire/codec.ts'
import type { ProgramSpec } from '../../wire/control-messages.ts'
import {
  CHUNK_HEAD_BYTES,
  CONTROL_BYTES,
  ControlWord,
  DISPATCHER_END,
  type FunctionRef,
  PoolRecord,
  REVOKED,
  SEQUENCE_MODULUS,
  THREAD_END,
} from '../../wire/pool-messages.ts'
import type { BellPlace, PoolThreadConfig } from './thread-config.ts'
import type { Chunk } from '../calls/chunk.ts'
import type { FunctionHandle } from '../functions/function-table.ts'
import { esbuildPath } from './esbuild-path.ts'
import { isOsThreadAlive } from './os-thread.ts'
import { makePayload, type Packed, type Payload, writePayload } from '../dispatch/payload.ts'
import { POOL_THREAD_BOOT } from './thread-boot.ts'
import type { ThreadProgram } from './thread-program.ts'
import { cancelMark } from '../thread/task-context.ts'

/** What all threads of a pool have in common. */
export interface ThreadPlan {
  readonly threadProgram: ThreadProgram
  readonly bell: BellPlace
  readonly program: ProgramSpec | undefined
  readonly mainPath: string | undefined
  readonly initializer: FunctionRef | undefined
  readonly initArgs: Packed
  readonly resourceLimits: ResourceLimits | undefined
  /** undefined: a copy of this thread's. */
  readonly env: NodeJS.ProcessEnv | undefined
  /** Called from the event loop; the thread is over. */
  readonly onExit: (lane: ThreadLane, status: number, error: Error | undefined) => void
}

/** A chunk that a thread has. */
export interface Sent {
  readonly chunk: Chunk
  readonly sequence: number
  readonly weight: number
  /** Date of the sending, ms since the epoch. */
  readonly at: number
}

/** The dispatcher's end of one thread. A thread that is lost is replaced by another lane with memory of its own. */
export class ThreadLane {
  readonly index: number
  readonly inbox: RingReader
  readonly port: MessagePort
  /** Chunks without an outcome, in the order of their sending; the thread works on the first. */
  readonly outstanding: Sent[] = []
  outstandingWeight = 0
  isReady = false
  isDead = false
  /** Chunks sent in all, without those that were taken back. */
  sentCount = 0
  /** Chunks of which the outcome has come. */
  settledCount = 0
  /** Running average of what a chunk takes, ms. */
  meanRunMs: number = 0.5
  /** The thread's last words. */
  failure: { readonly error: unknown; readonly isInitializer: boolean } | undefined
  /** performance.now() of the moment when a cancelled task has had its time. */
  killAt: number = Number.POSITIVE_INFINITY
  readonly exited: Promise<void>
  readonly #worker: Worker
  readonly #outbox: RingWriter
  readonly #control: Int32Array
  readonly #bell: Doorbell
  readonly #defined = new Set<number>()
  #next = 0
  /** Chunks behind the one that ran were taken back; new ones are for when that one is done. */
  #isRevoked = false
  #error: Error | undefined
  #isLeaving = false
  #isAskedToEnd = false

  constructor(index: number, maySpin: boolean, plan: ThreadPlan) {
    const memory = allocatePairMemory()
    const control = new SharedArrayBuffer(CONTROL_BYTES)
    const { port1, port2 } = new MessageChannel()
    this.index = index
    this.port = port1
    this.#control = new Int32Array(control)
    this.#bell = new Doorbell(memory, THREAD_END)
    this.inbox = new RingReader(memory, THREAD_END, DISPATCHER_END, this.#bell)
    this.#outbox = new RingWriter(memory, DISPATCHER_END, THREAD_END, this.#bell)
    const { bell, program, mainPath, initializer, initArgs, threadProgram } = plan
    const ends = { memory, bell, control, port: port2 }
    const config: PoolThreadConfig = {
      ...ends,
      index,
      maySpin,
      program,
      mainPath,
      initializer,
      initArgs,
      esbuild: esbuildPath(),
      compiled: threadProgram.compiled,
    }
    this.#worker = new Worker(POOL_THREAD_BOOT, {
      eval: true,
      workerData: { program: threadProgram, config },
      transferList: [port2],
      argv: process.argv.slice(2),
      // An inherited loader or preload would cost each thread its start-up time again.
      execArgv: [],
      name: `pool ${index}`,
      // The thread brings streams of its own (thread/thread-output.ts).
      stdout: true,
      stderr: true,
      ...(plan.env === undefined ? {} : { env: plan.env }),
      ...(plan.resourceLimits === undefined ? {} : { resourceLimits: plan.resourceLimits }),
    })
    this.#worker.unref()
    this.#worker.on('error', (error: Error) => {
      this.#error = error
    })
    this.exited = new Promise((resolve) => {
      this.#worker.on('exit', (status) => {
        // Its last words may have come by the port.
        plan.onExit(this, status, this.#error)
        this.port.close()
        resolve()
      })
    })
  }

  get isIdle(): boolean {
    return this.outstanding.length === 0
  }

  /** Whether a chunk may be sent now: a thread that was robbed gets new ones when it has done what it was at. */
  get isOpen(): boolean {
    return !this.isDead && !this.#isLeaving && (!this.#isRevoked || this.outstanding.length === 0)
  }

  /** False where there is no room now. Throws where a task cannot travel. */
  trySend(chunk: Chunk): boolean {
    const { fn, flags } = chunk.call
    const payload = makePayload(chunk.list, chunk.from, chunk.from + chunk.count)
    if (!this.#define(fn)) return false
    if (this.#isRevoked && !this.#resume()) return false
    const size = CHUNK_HEAD_BYTES + payload.byteLength
    if (!this.#outbox.reserve(size, size)) return false
    this.#writeChunk(chunk, fn.id, flags, payload, size)
    return true
  }

  #writeChunk(chunk: Chunk, functionId: number, flags: number, payload: Payload, size: number): void {
    const outbox = this.#outbox
    const at = outbox.bodyOffset
    writePayload(payload, outbox, CHUNK_HEAD_BYTES, this.port)
    outbox.words[at >> 2] = functionId
    outbox.words[(at >> 2) + 1] = flags
    outbox.floats[(at >> 3) + 1] = chunk.firstIndex
    outbox.words[(at >> 2) + 4] = payload.form
    const sequence = this.#next
    this.#next = (sequence + 1) % SEQUENCE_MODULUS
    this.outstanding.push({ chunk, sequence, weight: payload.weight, at: performance.timeOrigin + performance.now() })
    this.outstandingWeight += payload.weight
    this.sentCount += 1
    outbox.commit(PoolRecord.chunk, sequence, chunk.count, size)
  }

  #define({ id, ref }: FunctionHandle): boolean {
    if (this.#defined.has(id)) return true
    if (!this.#outbox.tryWrite(PoolRecord.define, id, 0, encode(ref))) return false
    this.#defined.add(id)
    return true
  }

  #resume(): boolean {
    if (!this.#outbox.tryWrite(PoolRecord.resume, this.#next, 0, new Uint8Array(0))) return false
    this.#isRevoked = false
    return true
  }

  /** Takes the outcome of the first outstanding chunk into account. */
  settleFirst(): Sent {
    const sent = this.outstanding.shift()
    if (sent === undefined) throw new Error("a pool's thread answered without being asked")
    this.outstandingWeight -= sent.weight
    this.settledCount += 1
    this.killAt = Number.POSITIVE_INFINITY
    return sent
  }

  /** Takes back the chunks that the thread has not begun, in order. */
  revoke(): Sent[] {
    if (this.#isRevoked || this.outstanding.length === 0) return []
    // Pairs with the compare-and-exchange in Server: a chunk is begun by the thread or taken back here, never both.
    const next = Atomics.exchange(this.#control, ControlWord.gate, REVOKED)
    // A resume that the thread has not read yet: it still works on what it had before.
    if (next === REVOKED) return []
    this.#isRevoked = true
    return this.#removeFrom(next)
  }

  #removeFrom(sequence: number): Sent[] {
    const first = this.outstanding.findIndex((sent) => sent.sequence === sequence)
    if (first < 0) return []
    const taken = this.outstanding.splice(first)
    this.sentCount -= taken.length
    for (const { weight } of taken) this.outstandingWeight -= weight
    return taken
  }

  /** After the thread's end: the chunk that it was at, and those that it had not begun. */
  leftBehind(): { readonly begun: Sent | undefined; readonly position: number; readonly untouched: Sent[] } {
    const gate = Atomics.load(this.#control, ControlWord.gate)
    const untouched = gate === REVOKED && !this.#isRevoked ? this.outstanding.splice(0) : this.#removeFrom(gate)
    const begun = this.outstanding.shift()
    return { begun, position: Atomics.load(this.#control, ControlWord.task), untouched }
  }

  /** Asks the chunk that runs to stop, if it is still `sent`. */
  cancel(sent: Sent): void {
    // Pairs with the load in Cancellation.look().
    Atomics.store(this.#control, ControlWord.cancel, cancelMark(sent.sequence))
    this.#bell.ring()
  }

  /** Whether the thread has ended without a word; true only where the system can tell. */
  get isGone(): boolean {
    return !isOsThreadAlive(Atomics.load(this.#control, ControlWord.osThread))
  }

  get hasNews(): boolean {
    return this.inbox.hasNext() || this.#outbox.takeNewRoom()
  }

  /** Sends no more work and asks the thread to end by itself; to be called again where there was no room for the word. */
  finish(): void {
    this.#isLeaving = true
    if (!this.#isAskedToEnd) this.#isAskedToEnd = this.#outbox.tryWrite(PoolRecord.end, 0, 0, new Uint8Array(0))
  }

  /** Ends the thread at once, also while it blocks or loops. */
  kill(): void {
    this.isDead = true
    this.killAt = Number.POSITIVE_INFINITY
    void this.#worker.terminate()
  }
}
