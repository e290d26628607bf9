import { availableParallelism } from 'node:os'
import type { ResourceLimits } from 'node:worker_threads'
import { Doorbell } from '../shm/doorbell.ts'
import { allocateBellMemory } from '../shm/layout.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import { encode } from '../wire/codec.ts'
import type { FunctionRef } from '../wire/pool-messages.ts'
import type { Call, Chunk } from './chunk.ts'
import { Inbox } from './inbox.ts'
import { type JobPool, surroundings } from './job-pool.ts'
import { mainPath } from './main-module.ts'
import type { NodeLane } from './node-lane.ts'
import { PoolError, taskError } from './pool-error.ts'
import { RemoteNodes } from './remote-nodes.ts'
import { PoolStatistics } from './statistics.ts'
import type { BellPlace } from './thread-config.ts'
import { ThreadLane, type ThreadPlan } from './thread-lane.ts'
import { WorkQueue } from './work-queue.ts'

export interface DispatcherOptions {
  /** Threads of this machine. */
  readonly threads: number
  /** Text of the thread program. */
  readonly code: string
  readonly initializer: FunctionRef | undefined
  readonly initArgs: readonly unknown[]
  readonly maxChunksPerThread: number
  readonly retries: number
  readonly graceMs: number
  readonly resourceLimits: ResourceLimits | undefined
  /** The bell of the thread that makes the pool, where it has one for other reasons too. */
  readonly bell?: BellPlace
  /** In a job with --pool: the other nodes, and how many threads of each. */
  readonly remote?: { readonly job: JobPool; readonly threads: readonly number[] }
}

/** What a thread should have in advance, ms of its work: longer than the dispatcher may need to wake up. */
const AHEAD_MS = 1
const LEAST_AHEAD = 2
const MOST_AHEAD = 512
/** Bytes that a thread may have in advance. */
const MOST_AHEAD_BYTES = 4 * 1024 * 1024

/**
 * Hands the chunks of all calls to the threads of a pool and takes their outcomes. Only progress() moves anything; who drives it is in
 * drive.ts. A thread that is lost is replaced; the chunk that it was at is lost with it, or is tried again.
 */
export class Dispatcher {
  readonly queue: WorkQueue = new WorkQueue()
  readonly bell: Doorbell
  readonly statistics: PoolStatistics
  /** Why no task can run any more. */
  ending: PoolError | undefined
  lanes: ThreadLane[] = []
  readonly remote: RemoteNodes | undefined
  readonly #options: DispatcherOptions
  readonly #plan: ThreadPlan
  readonly #inbox: Inbox
  readonly #ended: Deferred<void> = deferred<void>()
  readonly #exits = new Set<Promise<void>>()
  #isMoving = false

  constructor(options: DispatcherOptions) {
    this.#options = options
    const all = (options.remote?.threads ?? []).reduce((sum, threads) => sum + threads, options.threads)
    this.statistics = new PoolStatistics(all)
    const bell = options.bell ?? { memory: allocateBellMemory(), endpoint: 0 }
    this.bell = new Doorbell(bell.memory, bell.endpoint)
    this.#plan = {
      code: options.code,
      bell,
      program: surroundings()?.program,
      mainPath: mainPath(),
      initializer: options.initializer,
      initArgs: encode(options.initArgs),
      resourceLimits: options.resourceLimits,
      onExit: (lane, status, error) => this.#exited(lane, status, error),
    }
    this.#inbox = new Inbox(this.statistics, (lane, status) => this.#lost(lane, `ended by process.exit(${status})`))
    for (let index = 0; index < options.threads; index += 1) this.lanes.push(this.#startLane(index))
    if (options.remote !== undefined) this.remote = this.#openRemote(options.remote)
  }

  #openRemote({ job, threads }: { readonly job: JobPool; readonly threads: readonly number[] }): RemoteNodes {
    const { initializer, initArgs, maxChunksPerThread, retries, graceMs } = this.#options
    const settings = {
      initializer,
      initArgs,
      retries,
      graceMs,
      maxChunksPerThread: Number.isFinite(maxChunksPerThread) ? maxChunksPerThread : 0,
    }
    return new RemoteNodes(job, threads, this.#options.threads, settings, this.statistics)
  }

  #startLane(index: number): ThreadLane {
    // The program's thread has a core of its own; the threads that spin share the others.
    const lane = new ThreadLane(index, index < availableParallelism() - 1, this.#plan)
    const exited = lane.exited.then(() => void this.#exits.delete(exited))
    this.#exits.add(exited)
    this.statistics.started(index)
    return lane
  }

  /** Resolves when no task can run any more. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Resolves when all threads that were ever started are over. */
  async exited(): Promise<void> {
    while (this.#exits.size > 0) await Promise.all(this.#exits)
  }

  /** Takes what has come and hands out what there is; whether anything moved. Never blocks. Not while it is running already. */
  progress(): boolean {
    if (this.#isMoving) return false
    this.#isMoving = true
    try {
      let moved = false
      for (const lane of this.lanes) if (!lane.isDead && this.#inbox.drain(lane)) moved = true
      if (this.remote?.drain((error) => this.end(error)) === true) moved = true
      this.#retire()
      return this.#handOut() || moved
    } finally {
      this.#isMoving = false
    }
  }

  /** Whether progress() would find anything from a thread. */
  get hasNews(): boolean {
    return this.lanes.some((lane) => lane.hasNews) || this.remote?.hasNews === true
  }

  get hasWork(): boolean {
    return this.queue.hasCalls
  }

  get hasIdleLane(): boolean {
    return this.lanes.some((lane) => lane.isIdle)
  }

  get busyLanes(): number {
    let busy = 0
    for (const lane of this.lanes) if (!lane.isIdle) busy += 1
    return busy
  }

  #handOut(): boolean {
    if (this.ending !== undefined) return false
    let moved = false
    for (;;) {
      const lane = this.#nextLane()
      const node = this.remote?.freest(lane?.outstanding.length ?? Number.POSITIVE_INFINITY)
      const target = node ?? lane
      if (target === undefined) break
      const chunk = this.queue.take()
      if (chunk === undefined) {
        if (!this.#rebalance()) break
        continue
      }
      moved = true
      if (this.#send(target, chunk)) continue
      this.queue.giveBack([chunk])
      break
    }
    this.remote?.flush()
    return moved
  }

  #send(lane: ThreadLane | NodeLane, chunk: Chunk): boolean {
    try {
      if (lane instanceof ThreadLane) return lane.trySend(chunk)
      lane.send(chunk)
      return true
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const index = chunk.firstIndex
      const which = chunk.count === 1 ? `task ${index}` : `one of the tasks ${index} to ${index + chunk.count - 1}`
      chunk.call.fail(chunk, taskError(new TypeError(`${which} cannot be sent: ${reason}`, { cause }), index))
      return true
    }
  }

  /** The thread that has least, if any wants more. */
  #nextLane(): ThreadLane | undefined {
    let best: ThreadLane | undefined
    let least = Number.POSITIVE_INFINITY
    for (const lane of this.lanes) {
      const has = lane.outstanding.length
      if (has < least && this.#wantsMore(lane)) {
        best = lane
        least = has
        if (has === 0) break
      }
    }
    return best
  }

  #wantsMore(lane: ThreadLane): boolean {
    if (!lane.isOpen || lane.sentCount >= this.#options.maxChunksPerThread) return false
    const has = lane.outstanding.length
    if (has > 0 && lane.outstandingWeight >= MOST_AHEAD_BYTES) return false
    return has < LEAST_AHEAD || has < Math.min(MOST_AHEAD, AHEAD_MS / lane.meanRunMs)
  }

  /** Whether a thread idles while another has chunks that it has not begun. */
  get isUneven(): boolean {
    return this.lanes.some((lane) => lane.isIdle) && this.lanes.some((lane) => lane.outstanding.length > 1)
  }

  /** Takes chunks back from a thread that sits on them for long, for those that idle; whether there are any. */
  #rebalance(): boolean {
    if (!this.isUneven) return false
    const before = performance.timeOrigin + performance.now() - AHEAD_MS
    for (const lane of this.lanes) {
      const [, waiting] = lane.outstanding
      if (waiting === undefined || waiting.at > before) continue
      const taken = lane.revoke()
      this.queue.giveBack(taken.map(({ chunk }) => chunk))
      if (taken.length > 0) return true
    }
    return false
  }

  /** Replaces threads that have done their number of chunks. */
  #retire(): void {
    for (const lane of this.lanes) {
      if (lane.sentCount < this.#options.maxChunksPerThread || !lane.isIdle || lane.isDead) continue
      lane.kill()
      if (this.ending === undefined) this.lanes[lane.index] = this.#startLane(lane.index)
    }
  }

  /** Drops what a call still has to do; its running tasks are asked to stop, and their threads end when they do not. */
  cancel(call: Call): void {
    this.queue.remove(call)
    this.remote?.cancel(call)
    for (const lane of this.lanes) {
      if (!lane.outstanding.some(({ chunk }) => chunk.call === call)) continue
      const others = lane.revoke().filter(({ chunk }) => chunk.call !== call)
      this.queue.giveBack(others.map(({ chunk }) => chunk))
      const [running] = lane.outstanding
      if (running?.chunk.call !== call) continue
      lane.killAt = performance.now() + this.#options.graceMs
      lane.cancel(running)
    }
    this.progress()
  }

  /** ms until a cancelled task has had its time; Infinity: none is. */
  get killInMs(): number {
    return Math.min(...this.lanes.map(({ killAt }) => killAt)) - performance.now()
  }

  /** Ends the threads whose task does not stop, and finds those that have ended without a word. */
  inspect(): void {
    const now = performance.now()
    for (const lane of this.lanes) {
      if (lane.isDead) continue
      if (lane.killAt <= now) this.#lost(lane, 'was ended, because its cancelled task did not stop')
      else if (lane.isGone) this.#lost(lane, 'ended without a word, most likely out of memory')
    }
  }

  #exited(lane: ThreadLane, status: number, error: Error | undefined): void {
    if (lane.isDead) return
    const isMemory = error !== undefined && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    if (error !== undefined && lane.failure === undefined) lane.failure = { error, isInitializer: !lane.isReady }
    this.#inbox.drain(lane)
    this.#lost(lane, isMemory ? 'ran out of memory' : `ended with status ${status}`)
    this.progress()
  }

  #lost(lane: ThreadLane, how: string): void {
    if (lane.isDead) return
    lane.kill()
    const { failure } = lane
    const isMemory =
      failure?.error instanceof Error && (failure.error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY'
    const reason = failure === undefined || isMemory ? how : `ended by an uncaught error: ${String(failure.error)}`
    const options = failure === undefined ? undefined : { cause: failure.error }
    this.statistics.lost(lane.index)
    const { begun, position, untouched } = lane.leftBehind()
    this.queue.giveBack(untouched.map(({ chunk }) => chunk))
    if (!lane.isReady) {
      if (begun !== undefined) this.queue.giveBack([begun.chunk])
      const what =
        this.#plan.initializer === undefined
          ? 'a thread of the pool did not start: it'
          : 'the initializer failed: its thread'
      return this.end(new PoolError('ERR_POOL_INITIALIZER', `${what} ${reason}`, options))
    }
    if (this.ending === undefined) this.lanes[lane.index] = this.#startLane(lane.index)
    if (begun !== undefined && !begun.chunk.call.isOver) this.#retryOrFail(begun.chunk, position, reason, options)
  }

  #retryOrFail(chunk: Chunk, position: number, reason: string, options: ErrorOptions | undefined): void {
    chunk.losses += 1
    if (chunk.losses <= this.#options.retries) {
      this.statistics.retried += 1
      return this.queue.giveBack([chunk])
    }
    const index = chunk.firstIndex + Math.min(position, chunk.count - 1)
    const tries = chunk.losses === 1 ? '' : ` (tried ${chunk.losses} times)`
    const message = `task ${index} was lost${tries}: its thread ${reason}`
    this.statistics.failed += 1
    chunk.call.fail(chunk, taskError(new PoolError('ERR_POOL_THREAD_DIED', message, options), index))
  }

  /** Ends all threads and fails every call; later calls fail too. */
  end(reason: PoolError): void {
    this.ending ??= reason
    for (const lane of this.lanes) if (!lane.isDead) lane.kill()
    this.remote?.end()
    for (const call of this.queue.drop()) call.abandon(reason)
    this.#ended.resolve()
    this.bell.nudge()
  }
}
