import type { EventEmitter } from 'node:events'
import { inspect } from 'node:util'

export interface PoolEvents {
  /**
   * An error that ended a thread and that no call is told: what a task has left behind (a promise that nobody awaits, a timer), or an initializer's while
   * there is no call. It is said on standard error too, with or without a listener.
   */
  error: [error: unknown]
}

/** Says it on standard error at once, and to the listeners when the program's code is not in the middle of something. */
export function tellStray(pool: EventEmitter<PoolEvents>, error: unknown): void {
  process.stderr.write(`mpirun-ts: an error that belongs to no call ended a thread of a pool: ${inspect(error)}\n`)
  process.nextTick(() => {
    // Without a listener this event would be thrown.
    if (pool.listenerCount('error') > 0) pool.emit('error', error)
  })
}
