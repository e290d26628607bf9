import type { Call } from './chunk.ts'
import { type JobMailbox, jobMailbox } from './job-mailbox.ts'
import type { JobPool } from './job-pool.ts'
import { NodeLane } from './node-lane.ts'
import type { NodePoolSettings } from './node-messages.ts'
import type { PoolError } from './pool-error.ts'
import type { PoolStatistics } from './statistics.ts'

/** The other nodes that work for one pool. */
export class RemoteNodes {
  readonly #lanes: readonly NodeLane[]
  readonly #mailbox: JobMailbox
  readonly #pool: number
  #isEnded = false

  /** `threads`: of the other nodes that take part, in order. */
  constructor(
    job: JobPool,
    threads: readonly number[],
    firstThread: number,
    settings: Omit<NodePoolSettings, 'threads'>,
    statistics: PoolStatistics,
  ) {
    this.#mailbox = jobMailbox(job)
    this.#pool = this.#mailbox.open()
    let next = firstThread
    this.#lanes = threads.map((count, i) => {
      const node = { leader: job.nodes[i + 1]?.leader ?? 0, firstThread: next }
      next += count
      return new NodeLane(job, node, { number: this.#pool, settings: { ...settings, threads: count }, statistics })
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
      const error = this.#lanes.find(({ leader }) => leader === from)?.take(message)
      if (error !== undefined) onBroken(error)
    }
    return news.length > 0
  }

  get meanRunMs(): readonly number[] {
    return this.#lanes.map((lane) => lane.meanRunMs)
  }

  cancel(call: Call): void {
    for (const lane of this.#lanes) lane.cancel(call)
    this.flush()
  }

  forget(call: Call): void {
    for (const lane of this.#lanes) lane.forget(call)
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    for (const lane of this.#lanes) lane.end()
    this.#mailbox.close(this.#pool)
  }
}
