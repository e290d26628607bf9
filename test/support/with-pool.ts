import { Pool } from 'mpirun-ts'
import type { PoolOptions } from '../../src/pool/pool-options.ts'

/** Runs `use` with a pool and ends the pool, so that the leak check finds nothing. */
export async function withPool<T>(
  threads: number,
  options: PoolOptions,
  use: (pool: Pool) => T | Promise<T>,
): Promise<T> {
  const pool = new Pool(threads, options)
  try {
    return await use(pool)
  } finally {
    pool.terminate()
    await pool.join()
  }
}

/** What a call throws, or what its promise rejects with; an error of its own where it does neither. */
export async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
