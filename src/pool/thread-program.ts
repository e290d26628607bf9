/** Put in by scripts/build.mjs: the bundle of entry/pool-thread.ts. */
declare const MPIRUN_TS_POOL_THREAD_PROGRAM: string

/** Text of the program that a pool's threads run. */
export function threadProgram(): string {
  return MPIRUN_TS_POOL_THREAD_PROGRAM
}
