import { readdirSync, readFileSync } from 'node:fs'

/** Process ids whose command line or environment shows `mark`; for tests that look for what a job has left behind. */
export function processesWith(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => readProc(pid, 'cmdline').includes(mark) || readProc(pid, 'environ').includes(mark))
}

function readProc(pid: number, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    // The process has ended meanwhile.
    return ''
  }
}

/** Waits until `isTrue`, looking every 20 ms; false when it is not true after `timeoutMs`. */
export async function eventually(isTrue: () => boolean, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs
  while (performance.now() < until) {
    if (isTrue()) return true
    await new Promise<void>((resolve) => void setTimeout(resolve, 20))
  }
  return isTrue()
}
