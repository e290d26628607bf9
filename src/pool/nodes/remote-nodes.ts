import { type Deferred, deferred } from '../../base/deferred.ts'
import type { Call, Chunk } from '../calls/chunk.ts'
import { type JobMailbox, jobMailbox } from './job-mailbox.ts'
import type { JobPool } from './job-pool.ts'
import { NodeLane } from '../lanes/node-lane.ts'
import type { NodePoolSettings } from './node-messages.ts'
import type { PoolError } from '../pool-error.ts'
import type { PoolStatistics } from '../dispatch/statistics.ts'

/** How often to look whether a node is lost, ms. */
const LOOK_MS = 20

/** The other nodes that work for one pool. */
export class RemoteNodes {
  #lanes: readonly NodeLane[]
  readonly #job: JobPool
  #lookedAt = 0
  readonly #mailbox: JobMailbox
  readonly #pool: number
  #isEnded = false
  readonly #onStray: (error: unknown) => void
  /** Leaders whose threads are about to end by themselves; undefined: nobody has asked them. */
  #leaving: Set<number> | undefined
  readonly #finished: Deferred<void> = deferred<void>()

  /** `nodes`: those but rank 0's that take part, in order. */
  constructor(
    job: JobPool,
    nodes: JobPool['nodes'],
    firstThread: number,
    settings: Omit<NodePoolSettings, 'threads'>,
    statistics: PoolStatistics,
    onStray: (error: unknown) => void,
  ) {
    this.#job = job
    this.#onStray = onStray
    this.#mailbox = jobMailbox(job)
    this.#pool = this.#mailbox.open()
    let next = firstThread
    this.#lanes = nodes.map(({ leader, threads }) => {
      const node = { leader, firstThread: next }
      next += threads
      return new NodeLane(job, node, { number: this.#pool, settings: { ...settings, threads }, statistics })
    })
  }

  /** The node that has least for each of its threads, if any wants more and has less than `least`. */
  freest(least: number): NodeLane | undefined {
    let best: NodeLane | undefined
    let limit = least
    for (const lane of this.#lanes) {
      if (lane.load >= limit || !lane.wantsMore) continue
      best = lane
      limit = lane.load
    }
    return best
  }

  flush(): void {
    for (const lane of this.#lanes) lane.flush()
  }

  get hasNews(): boolean {
    return !this.#isEnded && this.#mailbox.hasNews(this.#pool)
  }

  /** Takes what has come; whether there was anything. `onBroken`: a node cannot serve. */
  drain(onBroken: (error: PoolError) => void): boolean {
    if (this.#isEnded) return false
    const news = this.#mailbox.take(this.#pool)
    for (const { from, message } of news) {
      if (message[0] === 'stray') this.#onStray(message[2])
      else if (message[0] === 'finished') this.#left(from)
      else {
        const error = this.#lanes.find(({ leader }) => leader === from)?.take(message)
        if (error !== undefined) onBroken(error)
      }
    }
    return news.length > 0
  }

  /** Takes the nodes out that are lost, with the chunks that they had; looks every LOOK_MS. */
  takeLost(
    onBroken: (error: PoolError) => void,
  ): readonly { readonly leader: number; readonly chunks: readonly Chunk[] }[] {
    const now = performance.now()
    if (this.#isEnded || now - this.#lookedAt < LOOK_MS) return []
    this.#lookedAt = now
    const lost = this.#lanes.filter(({ leader }) => this.#job.isLost(leader))
    if (lost.length === 0) return []
    // To look is to receive: what came from there last counts.
    this.drain(onBroken)
    this.#lanes = this.#lanes.filter((lane) => !lost.includes(lane))
    for (const { leader } of lost) this.#left(leader)
    return lost.map((lane) => ({ leader: lane.leader, chunks: lane.lose() }))
  }

  /** Nodes that are not lost. */
  get count(): number {
    return this.#lanes.length
  }

  get meanRunMs(): readonly number[] {
    return this.#lanes.map((lane) => lane.meanRunMs)
  }

  cancel(call: Call): void {
    for (const lane of this.#lanes) lane.cancel(call)
  }

  /** Lets all threads end by themselves. */
  finish(): void {
    if (this.#isEnded || this.#leaving !== undefined) return
    this.#leaving = new Set(this.#lanes.map(({ leader }) => leader))
    for (const lane of this.#lanes) lane.finish()
    this.#endIfAllLeft()
  }

  /** Whether threads are ending by themselves. */
  get isLeaving(): boolean {
    return !this.#isEnded && this.#leaving !== undefined
  }

  /** Resolves when all are over that were asked to end, or the pool was ended. */
  get finished(): Promise<void> {
    return this.#finished.promise
  }

  #left(leader: number): void {
    this.#leaving?.delete(leader)
    this.#endIfAllLeft()
  }

  #endIfAllLeft(): void {
    if (this.#leaving === undefined || this.#leaving.size > 0) return
    this.#isEnded = true
    this.#mailbox.close(this.#pool)
    this.#finished.resolve()
  }

  end(): void {
    this.#finished.resolve()
    if (this.#isEnded) return
    this.#isEnded = true
    for (const lane of this.#lanes) lane.end()
    this.#mailbox.close(this.#pool)
  }
}
