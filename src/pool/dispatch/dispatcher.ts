import type { ResourceLimits } from 'node:worker_threads'
import { Doorbell } from '../../shm/doorbell.ts'
import { allocateBellMemory } from '../../shm/layout.ts'
import { type Deferred, deferred } from '../../base/deferred.ts'
import { encode } from '../../wire/codec.ts'
import { forOtherNode } from '../../wire/shared-memory.ts'
import type { FunctionRef } from '../../wire/pool-messages.ts'
import type { Call, Chunk } from '../calls/chunk.ts'
import { Inbox } from './inbox.ts'
import { environmentChanges, type JobPool, surroundings } from '../nodes/job-pool.ts'
import { nextLane, takeBack } from './lane-choice.ts'
import { isOutOfMemory, type Loss, lossOf, lostNodeError, lostTaskError, startError, unsendableError } from './loss.ts'
import { mainPath } from '../modules/main-module.ts'
import type { NodeLane } from '../lanes/node-lane.ts'
import { pack } from './payload.ts'
import { PoolError } from '../pool-error.ts'
import { RemoteNodes } from '../nodes/remote-nodes.ts'
import { PoolStatistics } from './statistics.ts'
import type { BellPlace } from '../lanes/thread-config.ts'
import { ThreadLane, type ThreadPlan } from '../lanes/thread-lane.ts'
import type { ThreadProgram } from '../lanes/thread-program.ts'
import { ThreadLanes } from '../lanes/thread-lanes.ts'
import { WorkQueue } from './work-queue.ts'

export interface DispatcherOptions {
  /** Threads of this machine. */
  readonly threads: number
  readonly threadProgram: ThreadProgram
  readonly initializer: FunctionRef | undefined
  readonly initArgs: readonly unknown[]
  readonly maxChunksPerThread: number
  readonly retries: number
  readonly graceMs: number
  readonly resourceLimits: ResourceLimits | undefined
  /** Of the threads; undefined: a copy of this thread's. */
  readonly env?: NodeJS.ProcessEnv
  /** Told an error that ended a thread and that no call is told. */
  readonly onStray: (error: unknown) => void
  /** Told once that no thread can serve, before calls are. */
  readonly onFailedStart: (error: PoolError) => void
  /** The bell of the thread that makes the pool, where it has one for other reasons too. */
  readonly bell?: BellPlace
  /** In a job with --pool: the other nodes that take part, and how many threads of each. */
  readonly remote?: { readonly job: JobPool; readonly nodes: JobPool['nodes'] }
}

/** Threads that may end one after the other without having done anything, for each place, before the pool gives up. */
const MOST_IDLE_LOSSES = 3

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
  readonly lanes: ThreadLanes
  readonly remote: RemoteNodes | undefined
  readonly #options: DispatcherOptions
  readonly #inbox: Inbox
  readonly #ended: Deferred<void> = deferred<void>()
  /** progress() calls code of the program (an input, onProgress), which may call this pool: the number of the latest one tells whether it did. */
  #rounds = 0
  /** A task is being encoded: what its getters do must not send others meanwhile. */
  #isSending = false
  #idleLosses = 0
  #hasFailedStart = false

  constructor(options: DispatcherOptions) {
    this.#options = options
    const all = (options.remote?.nodes ?? []).reduce((sum, { threads }) => sum + threads, options.threads)
    this.statistics = new PoolStatistics(all)
    const bell = options.bell ?? { memory: allocateBellMemory(), endpoint: 0 }
    this.bell = new Doorbell(bell.memory, bell.endpoint)
    const plan: ThreadPlan = {
      threadProgram: options.threadProgram,
      bell,
      program: surroundings()?.program,
      mainPath: mainPath(),
      initializer: options.initializer,
      initArgs: packArguments(() => pack(options.initArgs)),
      resourceLimits: options.resourceLimits,
      env: options.env,
      onExit: (lane, status, error) => this.#exited(lane, status, error),
    }
    // Before anything is started: it may throw.
    const farArgs = packArguments(() =>
      forOtherNode(() => encode(options.remote === undefined ? [] : options.initArgs)),
    )
    this.#inbox = new Inbox(this.statistics, (lane, status) => this.#lost(lane, `ended by process.exit(${status})`))
    this.lanes = new ThreadLanes(options.threads, plan, this.statistics)
    if (options.remote !== undefined) this.remote = this.#openRemote(options.remote, farArgs)
  }

  #openRemote({ job, nodes }: Exclude<DispatcherOptions['remote'], undefined>, packedArgs: Uint8Array): RemoteNodes {
    const { initializer, maxChunksPerThread, retries, graceMs, resourceLimits, onStray } = this.#options
    const settings = {
      initializer,
      initArgs: packedArgs,
      retries,
      graceMs,
      resourceLimits,
      env: environmentChanges(),
      maxChunksPerThread: Number.isFinite(maxChunksPerThread) ? maxChunksPerThread : 0,
    }
    return new RemoteNodes(job, nodes, this.#options.threads, settings, this.statistics, onStray)
  }

  /** Resolves when no task can run any more. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Takes what has come and hands out what there is; whether anything moved. Never blocks, unless the program's own code does so. */
  progress(): boolean {
    if (this.#isSending) return false
    this.#rounds += 1
    let moved = false
    for (const lane of this.lanes.all) if (!lane.isDead && this.#inbox.drain(lane)) moved = true
    for (const lane of this.lanes.leaving) {
      lane.finish()
      if (this.#inbox.drain(lane)) moved = true
    }
    if (this.remote?.drain((error) => this.#failStart(error)) === true) moved = true
    this.#loseNodes()
    this.#retire()
    return this.#handOut() || moved
  }

  /** Throws where a call that blocks would wait for ever: a getter of a task makes it while the task is being sent. */
  checkMayBlock(): void {
    if (this.#isSending) throw new Error('a getter in the arguments of a task may not call the pool')
  }

  /** Whether progress() would find anything from a thread. */
  get hasNews(): boolean {
    return this.lanes.hasNews || this.remote?.hasNews === true
  }

  /** Whether a call is not over. */
  get hasWork(): boolean {
    return this.queue.hasCalls
  }

  /** Whether progress() has to be called from time to time: there is work, or threads are about to end. */
  get isMoving(): boolean {
    return this.queue.hasCalls || this.lanes.leaving.size > 0 || this.remote?.isLeaving === true
  }

  #handOut(): boolean {
    let moved = false
    while (this.ending === undefined) {
      const lane = nextLane(this.lanes.all, this.#options.maxChunksPerThread)
      const node = this.remote?.freest(lane?.outstanding.length ?? Number.POSITIVE_INFINITY)
      const target = node ?? lane
      if (target === undefined) break
      const round = this.#rounds
      const chunk = this.queue.take()
      if (this.#rounds !== round) {
        // The input has called this pool: the thread may have other work meanwhile.
        if (chunk !== undefined) this.queue.giveBack([chunk])
        moved = true
        continue
      }
      if (chunk === undefined) {
        const taken = takeBack(this.lanes.all)
        if (taken.length === 0) break
        this.queue.giveBack(taken)
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
    let refusal: { readonly cause: unknown } | undefined
    this.#isSending = true
    try {
      if (lane instanceof ThreadLane) return lane.trySend(chunk)
      lane.send(chunk)
    } catch (cause) {
      refusal = { cause }
    } finally {
      this.#isSending = false
    }
    if (refusal !== undefined) chunk.call.fail(chunk, unsendableError(chunk, refusal.cause))
    return true
  }

  /** Replaces threads that have done their number of chunks. */
  #retire(): void {
    for (const lane of this.lanes.all) {
      if (lane.sentCount < this.#options.maxChunksPerThread || !lane.isIdle || lane.isDead) continue
      this.lanes.leave(lane)
      if (this.ending === undefined) this.lanes.start(lane.index)
    }
  }

  /** Drops what a call still has to do; its running tasks are asked to stop, and their threads end when they do not. */
  cancel(call: Call): void {
    this.queue.remove(call)
    this.remote?.cancel(call)
    for (const lane of this.lanes.all) {
      if (!lane.outstanding.some(({ chunk }) => chunk.call === call)) continue
      const others = lane.revoke().filter(({ chunk }) => chunk.call !== call)
      this.queue.giveBack(others.map(({ chunk }) => chunk))
      const [running] = lane.outstanding
      if (running?.chunk.call !== call) continue
      lane.killAt = performance.now() + this.#options.graceMs
      lane.cancel(running)
      // Where nothing else is to be done, nobody else looks.
      setTimeout(() => this.inspect(), this.#options.graceMs + 1).unref()
    }
    this.progress()
  }

  /** Ends the threads whose task does not stop, and finds those that have ended without a word. */
  inspect(): void {
    const now = performance.now()
    for (const lane of [...this.lanes.all, ...this.lanes.leaving]) {
      if (lane.isDead || (lane.killAt > now && !lane.isGone)) continue
      // What the thread has said to the end comes first: it may have been ready, done, or have told why it ends.
      const isGone = lane.isGone
      this.#inbox.drain(lane)
      if (isGone) this.#lost(lane, 'ended without a word, most likely out of memory')
      else if (lane.killAt <= now) this.#lost(lane, 'was ended, because its cancelled task did not stop')
    }
    this.progress()
  }

  #exited(lane: ThreadLane, status: number, error: Error | undefined): void {
    if (lane.isDead) return
    if (error !== undefined && lane.failure === undefined) lane.failure = { error, isInitializer: !lane.isReady }
    this.#inbox.drain(lane)
    this.#lost(lane, isOutOfMemory(error) ? 'ran out of memory' : `ended with status ${status}`)
    this.progress()
  }

  /** A thread is over. */
  #lost(lane: ThreadLane, how: string): void {
    if (lane.isDead) return
    lane.kill()
    const loss = lossOf(lane, how)
    if (this.lanes.leaving.delete(lane)) return lane.isReady ? this.#tellStray(lane) : this.#failStart(loss)
    this.statistics.lost(lane.index)
    const { begun, position, untouched } = lane.leftBehind()
    this.queue.giveBack(untouched.map(({ chunk }) => chunk))
    this.#idleLosses = begun === undefined && lane.settledCount === 0 ? this.#idleLosses + 1 : 0
    if (!lane.isReady || this.#idleLosses > MOST_IDLE_LOSSES * this.lanes.all.length) {
      return this.#failStart(loss)
    }
    if (this.ending === undefined) this.lanes.start(lane.index)
    const isHeard = begun !== undefined && this.#retry(begun.chunk, () => lostTaskError(begun.chunk, position, loss))
    if (!isHeard) this.#tellStray(lane)
  }

  #failStart(why: Loss | PoolError): void {
    const error = why instanceof PoolError ? why : startError(this.#options.initializer !== undefined, why)
    // All threads would say the same.
    if (!this.#hasFailedStart) this.#options.onFailedStart(error)
    this.#hasFailedStart = true
    // One that is about to end goes on: other threads may be in the middle of their last words.
    if (this.ending === undefined) this.end(error)
  }

  #tellStray({ failure }: ThreadLane): void {
    if (failure !== undefined) this.#options.onStray(failure.error)
  }

  /** Another node has as many chunks as its threads were thought to need, and nobody knows which of them have begun. */
  #loseNodes(): void {
    for (const { leader, chunks } of this.remote?.takeLost((error) => this.#failStart(error)) ?? [])
      for (const chunk of chunks) this.#retry(chunk, () => lostNodeError(chunk, leader))
  }

  /** Whether the chunk's call is told the error. */
  #retry(chunk: Chunk, error: () => unknown): boolean {
    if (chunk.call.isOver) return false
    chunk.losses += 1
    if (chunk.losses <= this.#options.retries) {
      this.statistics.retried += 1
      this.queue.giveBack([chunk])
      return false
    }
    this.statistics.failed += 1
    chunk.call.fail(chunk, error())
    return true
  }

  /** Nodes that have threads of this pool, those that are lost left out. */
  get nodes(): number {
    return 1 + (this.remote?.count ?? 0)
  }

  /** Lets all threads end by themselves. For a pool that has nothing to do; later calls fail. */
  finish(reason: PoolError): void {
    if (this.ending !== undefined) return
    this.ending = reason
    this.#rounds += 1
    for (const lane of this.lanes.all) if (!lane.isDead) this.lanes.leave(lane)
    this.remote?.finish()
    this.#ended.resolve()
    this.bell.nudge()
  }

  /** Ends all threads and fails every call; later calls fail too. */
  end(reason: PoolError): void {
    this.ending ??= reason
    this.#rounds += 1
    for (const lane of this.lanes.all) if (!lane.isDead) lane.kill()
    for (const lane of this.lanes.leaving) lane.kill()
    this.lanes.leaving.clear()
    this.remote?.end()
    for (const call of this.queue.drop()) call.abandon(reason)
    this.#ended.resolve()
    this.bell.nudge()
  }
}

function packArguments<T>(encodeThem: () => T): T {
  try {
    return encodeThem()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TypeError(`new Pool: initArgs cannot be sent: ${reason}`, { cause })
  }
}
