import type { DispatcherOptions } from './dispatcher.ts'
import { surroundings } from '../nodes/job-pool.ts'
import { threadCount } from '../pool-options.ts'

/** Where the threads of a pool are. */
export interface Places {
  /** Threads in all. */
  readonly size: number
  readonly dispatcher: Pick<DispatcherOptions, 'threads' | 'bell' | 'remote'>
}

/**
 * Plain node, and ranks of a job without --pool: `processes` threads of this process. With --pool: as many of the job's ranks, those of rank
 * 0's node first, all by default and at most. Throws RangeError, TypeError.
 */
export function placesFor(processes: number | undefined | null): Places {
  const job = surroundings()?.job
  if (job === undefined) {
    const size = threadCount(processes)
    return { size, dispatcher: { threads: size } }
  }
  const { nodes } = job
  const ranks = nodes.reduce((sum, { threads }) => sum + threads, 0)
  const size = Math.min(threadCount(processes ?? ranks), ranks)
  let left = size
  const taken = nodes.map(({ leader, threads: there }) => {
    const threads = Math.min(there, left)
    left -= threads
    return { leader, threads }
  })
  const [own, ...others] = taken
  const bell = { memory: job.memory, endpoint: job.endpoint }
  const remote = { job, nodes: others.filter(({ threads }) => threads > 0) }
  return { size, dispatcher: { threads: own?.threads ?? 0, bell, ...(remote.nodes.length > 0 ? { remote } : {}) } }
}
