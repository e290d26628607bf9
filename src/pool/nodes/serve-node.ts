import { Doorbell } from '../../shm/doorbell.ts'
import { decode } from '../../wire/codec.ts'
import type { Call, Chunk } from '../calls/chunk.ts'
import { Dispatcher } from '../dispatch/dispatcher.ts'
import type { FunctionHandle } from '../functions/function-table.ts'
import type { JobPool } from './job-pool.ts'
import {
  encodeMessages,
  type FromNode,
  type NodePoolSettings,
  type PackedList,
  packList,
  type ToNode,
  toNodeMessages,
  unpackList,
} from './node-messages.ts'
import { PoolError } from '../pool-error.ts'
import { Spin } from '../dispatch/spin.ts'
import { threadProgram } from '../lanes/thread-program.ts'

const SLEEP_MS = 50

/** Chunks of one call of rank 0, on their way to this node's threads; outcomes go back. */
class RelayCall implements Call {
  readonly fn: FunctionHandle
  readonly flags: number
  isOver = false
  readonly #pool: number
  readonly #chunks: Chunk[] = []
  readonly #tell: (message: FromNode) => void
  #times: readonly [thread: number, waitMs: number, runMs: number] = [0, 0, 0]

  constructor(pool: number, fn: FunctionHandle, flags: number, tell: (message: FromNode) => void) {
    this.#pool = pool
    this.fn = fn
    this.flags = flags
    this.#tell = tell
  }

  add(key: number, firstIndex: number, count: number, list: readonly unknown[]): void {
    this.#chunks.push({ call: this, index: key, firstIndex, list, from: 0, count, losses: 0 })
  }

  get hasNext(): boolean {
    return this.#chunks.length > 0
  }

  next(): Chunk | null {
    return this.#chunks.shift() ?? null
  }

  ran(_chunk: Chunk, thread: number, waitMs: number, runMs: number): void {
    this.#times = [thread, waitMs, runMs]
  }

  succeed(chunk: Chunk, results: ArrayLike<unknown>): void {
    try {
      const packed = packResults(results)
      this.#tell(['result', this.#pool, chunk.index, ...this.#times, packed])
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      this.fail(chunk, new TypeError(`the result of task ${chunk.firstIndex} cannot be sent: ${reason}`, { cause }))
    }
  }

  fail(chunk: Chunk, error: unknown): void {
    const index = error instanceof Error ? (error as { taskIndex?: number }).taskIndex : undefined
    this.#tell(['error', this.#pool, chunk.index, ...this.#times, error, index ?? chunk.firstIndex])
  }

  abandon(): void {
    this.isOver = true
    this.#chunks.length = 0
  }
}

function environmentWith(changes: NodePoolSettings['env']): NodeJS.ProcessEnv {
  const env = { ...process.env }
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete env[name]
    else env[name] = value
  }
  return env
}

function packResults(results: ArrayLike<unknown>): PackedList {
  if (results instanceof Float64Array) return results
  const list = Array.from(results)
  return packList(list, 0, list.length)
}

/** This node's part of one pool. */
class NodePool {
  readonly dispatcher: Dispatcher
  readonly #number: number
  readonly #functions = new Map<number, FunctionHandle>()
  readonly #calls = new Map<number, RelayCall>()
  readonly #tell: (message: FromNode) => void
  #isFinishing = false

  constructor(number: number, settings: NodePoolSettings, job: JobPool, tell: (message: FromNode) => void) {
    this.#number = number
    this.#tell = tell
    this.dispatcher = new Dispatcher({
      ...settings,
      // A list, encoded by rank 0.
      initArgs: decode(settings.initArgs) as unknown[],
      maxChunksPerThread: settings.maxChunksPerThread || Number.POSITIVE_INFINITY,
      threadProgram: threadProgram(),
      env: environmentWith(settings.env),
      onStray: (error) => tell(['stray', number, error]),
      onFailedStart: ({ code, message, cause }) => tell(['broken', number, code, message, cause]),
      bell: { memory: job.memory, endpoint: job.endpoint },
    })
  }

  take(message: ToNode): void {
    if (message[0] === 'define') this.#functions.set(message[2], { id: message[2], ref: message[3] })
    else if (message[0] === 'chunk') this.#chunk(message)
    else if (message[0] === 'cancel') {
      const call = this.#calls.get(message[2])
      if (call === undefined) return
      this.#calls.delete(message[2])
      call.abandon()
      this.dispatcher.cancel(call)
    }
  }

  #chunk([, , key, number, fn, flags, firstIndex, count, tasks]: ToNode & readonly ['chunk', ...unknown[]]): void {
    let call = this.#calls.get(number)
    if (call === undefined) {
      const handle = this.#functions.get(fn)
      if (handle === undefined) throw new Error(`pool ${this.#number}: function ${fn} was not defined`)
      call = new RelayCall(this.#number, handle, flags, this.#tell)
      this.#calls.set(number, call)
      this.dispatcher.queue.add(call)
    }
    call.add(key, firstIndex, count, unpackList(tasks))
  }

  /** Lets its threads end by themselves. */
  finish(): void {
    this.#isFinishing = true
    this.dispatcher.finish(new PoolError('ERR_POOL_CLOSED', 'the pool was closed'))
  }

  /** Whether they have. */
  get isFinished(): boolean {
    return this.#isFinishing && this.dispatcher.lanes.leaving.size === 0
  }
}

/**
 * The work of a node's leader in a job with --pool: takes chunks from rank 0, many with a message, has them done by threads of this node and
 * sends outcomes back, those of a round in one message. Resolves when rank 0 has ended.
 */
export async function serveNode(job: JobPool, isOver: () => boolean): Promise<void> {
  const pools = new Map<number, NodePool>()
  const bell = new Doorbell(job.memory, job.endpoint)
  const spin = new Spin(true)
  let answers: FromNode[] = []
  const hasNews = (): boolean => job.hasNews || [...pools.values()].some(({ dispatcher }) => dispatcher.hasNews)
  let isMoving = true
  for (;;) {
    const hasMessages = takeMessages(job, pools, (answer) => void answers.push(answer))
    isMoving = hasMessages
    for (const [number, pool] of pools) {
      if (pool.dispatcher.progress()) isMoving = true
      if (!pool.isFinished) continue
      answers.push(['finished', number])
      pools.delete(number)
    }
    if (answers.length > 0) {
      job.send(0, encodeMessages(answers))
      answers = []
    }
    if (isOver()) return
    if (isMoving || spin.spin(hasNews)) continue
    const seen = bell.prepare()
    if (hasNews()) bell.awake()
    else bell.sleep(seen, SLEEP_MS)
    for (const { dispatcher } of pools.values()) dispatcher.inspect()
    // Threads that have ended are cleaned up by the event loop.
    await new Promise((resolve) => void setImmediate(resolve))
  }
}

function takeMessages(job: JobPool, pools: Map<number, NodePool>, tell: (answer: FromNode) => void): boolean {
  let any = false
  for (let next = job.receive(); next !== null; next = job.receive()) {
    any = true
    const messages = toNodeMessages(next.bytes)
    if (messages === null) job.misfit(next.from, `something for pools that does not fit, from rank ${next.from}`)
    for (const message of messages ?? []) {
      const number = message[1]
      if (message[0] === 'pool') pools.set(number, new NodePool(number, message[2], job, tell))
      else if (message[0] === 'end') {
        pools.get(number)?.dispatcher.end(new PoolError('ERR_POOL_CLOSED', 'the pool was closed'))
        pools.delete(number)
      } else if (message[0] === 'finish') pools.get(number)?.finish()
      else pools.get(number)?.take(message)
    }
  }
  return any
}
