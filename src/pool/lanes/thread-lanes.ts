import { availableParallelism } from 'node:os'
import { isUneven } from '../dispatch/lane-choice.ts'
import type { PoolStatistics } from '../dispatch/statistics.ts'
import { ThreadLane, type ThreadPlan } from './thread-lane.ts'

/** The threads of a pool on this machine: a fixed number of places, at each of which one thread follows another. */
export class ThreadLanes {
  readonly #lanes: ThreadLane[] = []
  readonly #plan: ThreadPlan
  readonly #statistics: PoolStatistics
  readonly #exits = new Set<Promise<void>>()
  /** Threads that get no more work and end by themselves, behind their initializers and 'exit' listeners. */
  readonly leaving: Set<ThreadLane> = new Set()

  /** `count`: of places; starts a thread at each. */
  constructor(count: number, plan: ThreadPlan, statistics: PoolStatistics) {
    this.#plan = plan
    this.#statistics = statistics
    for (let index = 0; index < count; index += 1) this.start(index)
  }

  /** Starts a thread at a place, whose last one, if any, is over. */
  start(index: number): void {
    // The program's thread has a core of its own; the threads that spin share the others.
    const lane = new ThreadLane(index, index < availableParallelism() - 1, this.#plan)
    const exited = lane.exited.then(() => void this.#exits.delete(exited))
    this.#exits.add(exited)
    this.#statistics.started(index)
    this.#lanes[index] = lane
  }

  /** Lets a thread end that has nothing to do. */
  leave(lane: ThreadLane): void {
    this.leaving.add(lane)
    lane.finish()
  }

  /** Resolves when all threads that were ever started are over. */
  async exited(): Promise<void> {
    while (this.#exits.size > 0) await Promise.all(this.#exits)
  }

  /** The latest thread of each place. */
  get all(): readonly ThreadLane[] {
    return this.#lanes
  }

  get hasNews(): boolean {
    for (const lane of this.leaving) if (lane.hasNews) return true
    return this.#lanes.some((lane) => !lane.isDead && lane.hasNews)
  }

  get hasIdle(): boolean {
    return this.#lanes.some((lane) => lane.isIdle)
  }

  get busyCount(): number {
    let busy = 0
    for (const lane of this.#lanes) if (!lane.isIdle) busy += 1
    return busy
  }

  /** Whether a thread idles while another has chunks that it has not begun. */
  get isUneven(): boolean {
    return isUneven(this.#lanes)
  }

  /** ms until a cancelled task has had its time; Infinity: none is. */
  get killInMs(): number {
    return Math.min(...this.#lanes.map(({ killAt }) => killAt)) - performance.now()
  }
}
