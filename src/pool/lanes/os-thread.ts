import { existsSync, readlinkSync } from 'node:fs'

/** Number of this thread in /proc/self/task; 0 where the system has no such thing. */
export function osThreadNumber(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1))
  } catch {
    return 0
  }
}

/** Whether a thread of this process still runs; true where nobody can know. */
export function isOsThreadAlive(number: number): boolean {
  return number === 0 || existsSync(`/proc/self/task/${number}`)
}
