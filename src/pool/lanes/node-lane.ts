import type { Call, Chunk } from '../calls/chunk.ts'
import type { JobPool } from '../nodes/job-pool.ts'
import {
  encodeMessages,
  type FromNode,
  type NodePoolSettings,
  packList,
  type ToNode,
  unpackResults,
} from '../nodes/node-messages.ts'
import { PoolError, type PoolErrorCode, taskError, withThreadLines } from '../pool-error.ts'
import type { PoolStatistics } from '../dispatch/statistics.ts'

/** What each thread of another node should have in advance, ms of its work: some round trips between nodes. */
const AHEAD_MS = 5
const LEAST_AHEAD = 2
const MOST_AHEAD = 1024
const MOST_AHEAD_BYTES = 4 * 1024 * 1024
const AVERAGE_WEIGHT = 0.05
const CHUNK_COST_MS = 0.002

/** The dispatcher's end of the threads of another node, whose leader has a dispatcher of its own (serve-node.ts). */
export class NodeLane {
  readonly leader: number
  readonly width: number
  readonly #job: JobPool
  readonly #pool: number
  /** Place of the node's first thread in the statistics. */
  readonly #firstThread: number
  readonly #statistics: PoolStatistics
  readonly #outstanding = new Map<number, { readonly chunk: Chunk; readonly weight: number }>()
  readonly #defined = new Set<number>()
  /** What the leader calls a call, and how many of its chunks it has. */
  readonly #calls = new Map<Call, { readonly number: number; open: number }>()
  #messages: ToNode[] = []
  #weight = 0
  #nextKey = 0
  #nextCall = 0
  #meanRunMs = 0.5

  constructor(
    job: JobPool,
    node: { readonly leader: number; readonly firstThread: number },
    pool: { readonly number: number; readonly settings: NodePoolSettings; readonly statistics: PoolStatistics },
  ) {
    this.leader = node.leader
    this.#firstThread = node.firstThread
    this.width = pool.settings.threads
    this.#job = job
    this.#pool = pool.number
    this.#statistics = pool.statistics
    this.#messages.push(['pool', pool.number, pool.settings])
    this.flush()
  }

  /** Chunks for each thread. */
  get load(): number {
    return this.#outstanding.size / this.width
  }

  get meanRunMs(): number {
    return this.#meanRunMs / this.width
  }

  get wantsMore(): boolean {
    const { load } = this
    if (load > 0 && this.#weight >= MOST_AHEAD_BYTES * this.width) return false
    return load < LEAST_AHEAD || load < Math.min(MOST_AHEAD, AHEAD_MS / this.#meanRunMs)
  }

  /** Puts a chunk into the next message. Throws where a task cannot travel. */
  send(chunk: Chunk): void {
    const { call, list, from, count, firstIndex } = chunk
    const tasks = packList(list, from, count)
    if (!this.#defined.has(call.fn.id)) {
      this.#defined.add(call.fn.id)
      this.#messages.push(['define', this.#pool, call.fn.id, call.fn.ref])
    }
    let known = this.#calls.get(call)
    if (known === undefined) {
      known = { number: this.#nextCall, open: 0 }
      this.#nextCall += 1
      this.#calls.set(call, known)
    }
    known.open += 1
    const key = this.#nextKey
    this.#nextKey += 1
    this.#outstanding.set(key, { chunk, weight: tasks.byteLength })
    this.#weight += tasks.byteLength
    this.#messages.push(['chunk', this.#pool, key, known.number, call.fn.id, call.flags, firstIndex, count, tasks])
  }

  /** Sends what has come together. */
  flush(): void {
    if (this.#messages.length === 0) return
    this.#job.send(this.leader, encodeMessages(this.#messages))
    this.#messages = []
  }

  /** The call is over: the leader forgets it, and what it still has of it never comes. */
  cancel(call: Call): void {
    const known = this.#calls.get(call)
    if (known === undefined) return
    this.#calls.delete(call)
    if (known.open > 0) for (const [key, { chunk }] of this.#outstanding) if (chunk.call === call) this.#settle(key)
    this.#messages.push(['cancel', this.#pool, known.number])
  }

  /** Lets the node's threads end by themselves. */
  finish(): void {
    this.#messages.push(['finish', this.#pool])
    this.flush()
  }

  end(): void {
    this.#messages.push(['end', this.#pool])
    this.flush()
  }

  #settle(key: number): Chunk | undefined {
    const sent = this.#outstanding.get(key)
    if (sent === undefined) return undefined
    this.#outstanding.delete(key)
    this.#weight -= sent.weight
    const known = this.#calls.get(sent.chunk.call)
    if (known !== undefined) known.open -= 1
    return sent.chunk
  }

  /** The node is lost; the chunks that it had, in the order of their sending. */
  lose(): Chunk[] {
    const chunks = [...this.#outstanding.values()].map(({ chunk }) => chunk)
    this.#outstanding.clear()
    this.#messages = []
    for (let i = 0; i < this.width; i += 1) this.#statistics.lost(this.#firstThread + i)
    return chunks
  }

  /** Takes a message of the leader; an error that ends the pool is returned. */
  take(message: Exclude<FromNode, readonly ['stray' | 'finished', ...unknown[]]>): PoolError | undefined {
    if (message[0] === 'broken') {
      const [, , code, text, cause] = message
      // Codes are strings on the way.
      return withThreadLines(new PoolError(code as PoolErrorCode, text, { cause }))
    }
    const [kind, , key, thread, waitMs, runMs] = message
    const count = this.#outstanding.get(key)?.chunk.count
    const results = kind === 'error' || count === undefined ? [] : unpackResults(message[6], count)
    if (thread >= this.width || results === null) {
      this.#job.misfit(this.leader, `an outcome that fits none of its chunks, from rank ${this.leader}`)
      return undefined
    }
    const chunk = this.#settle(key)
    if (chunk === undefined) return undefined
    this.#meanRunMs += (runMs + CHUNK_COST_MS - this.#meanRunMs) * AVERAGE_WEIGHT
    this.#statistics.ran(this.#firstThread + thread, chunk.count, waitMs, runMs)
    if (chunk.call.isOver) return undefined
    if (kind === 'result') chunk.call.succeed(chunk, results, message[6].byteLength)
    else {
      this.#statistics.failed += 1
      chunk.call.fail(chunk, taskError(message[6], message[7]))
    }
    return undefined
  }
}
