import { Histogram, type Percentiles } from './histogram.ts'

/** What a pool has done, as `pool.stats()` shows it. */
export interface PoolStats {
  /** Tasks that are done. */
  readonly tasks: number
  /** Chunks in which tasks travelled. */
  readonly chunks: number
  /** Chunks that failed: a task threw, or its thread was lost. */
  readonly failed: number
  /** Chunks that were tried again after their thread was lost. */
  readonly retried: number
  /** What a task took in its thread, ms; in a chunk of several each counts with the average. */
  readonly runTimeMs: Percentiles
  /** How long a chunk waited in its thread's queue from its sending on, ms. */
  readonly waitTimeMs: Percentiles
  readonly threads: readonly ThreadStats[]
}

export interface ThreadStats {
  readonly index: number
  readonly tasks: number
  readonly chunks: number
  /** Time spent in tasks, ms. */
  readonly busyMs: number
  /** Threads that have been started in this place. */
  readonly started: number
  /** Threads that were lost here: ended by a task, out of memory, killed. */
  readonly lost: number
}

/** Counts for one pool. */
export class PoolStatistics {
  failed = 0
  retried = 0
  readonly #run = new Histogram()
  readonly #wait = new Histogram()
  readonly #threads: { index: number; tasks: number; chunks: number; busyMs: number; started: number; lost: number }[]

  constructor(threads: number) {
    this.#threads = Array.from({ length: threads }, (_, index) => ({
      index,
      tasks: 0,
      chunks: 0,
      busyMs: 0,
      started: 0,
      lost: 0,
    }))
  }

  started(index: number): void {
    const thread = this.#threads[index]
    if (thread !== undefined) thread.started += 1
  }

  lost(index: number): void {
    const thread = this.#threads[index]
    if (thread !== undefined) thread.lost += 1
  }

  /** A chunk of `count` tasks is over. */
  ran(index: number, count: number, waitMs: number, runMs: number): void {
    const thread = this.#threads[index]
    if (thread === undefined) return
    thread.tasks += count
    thread.chunks += 1
    thread.busyMs += runMs
    this.#run.add(runMs / count, count)
    this.#wait.add(waitMs, 1)
  }

  snapshot(): PoolStats {
    const threads = this.#threads.map((thread) => ({ ...thread }))
    const { failed, retried } = this
    return {
      tasks: sum(threads.map(({ tasks }) => tasks)),
      chunks: sum(threads.map(({ chunks }) => chunks)),
      failed,
      retried,
      runTimeMs: this.#run.percentiles(),
      waitTimeMs: this.#wait.percentiles(),
      threads,
    }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
