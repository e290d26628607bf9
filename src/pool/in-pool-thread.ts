import { PoolError } from './pool-error.ts'

const KEY = Symbol.for('mpirun-ts.pool-thread')

/** Whether this thread is one of a pool's. entry/pool-thread.ts says so first of all. */
export function isPoolThread(): boolean {
  return KEY in globalThis
}

/** Throws where a pool's thread makes a pool: mostly because it loads the main program, which would make threads without end. */
export function refuseInPoolThread(): void {
  if (!isPoolThread()) return
  const what =
    "new Pool in a pool's own thread: the thread loads this module to find a function, and the module makes a pool again"
  const ways = 'guard the main part with `if (Pool.isMain) { … }`, or move the function into a module of its own'
  throw new PoolError('ERR_POOL_IN_THREAD', `${what}; ${ways}`)
}
