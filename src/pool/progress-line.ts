import { SingleBar } from 'cli-progress'
import type { Progress } from './map-call.ts'

export interface ProgressLine {
  readonly show: (progress: Progress) => void
  /** Takes the line away, whatever became of the call. */
  readonly end: () => void
}

/**
 * One line on the terminal of standard error: how much is done, how fast it goes, how long it will take. Nothing where standard error is no
 * terminal. It is drawn by show(), so also while the program blocks.
 */
export function progressLine(label: string, stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  if (!stream.isTTY) return { show: () => undefined, end: () => undefined }
  const format = `${label} {bar} {percentage} %  {value} of {total}  {rate} tasks/s  {eta_formatted} left`
  const bar = new SingleBar({ format: format.trimStart(), stream, clearOnComplete: true, barsize: 24, fps: 10 })
  const startedAt = performance.now()
  let isStarted = false
  return {
    show: ({ done, total = done }) => {
      const seconds = (performance.now() - startedAt) / 1000
      const rate = Math.round(done / Math.max(seconds, 0.001))
      if (isStarted) bar.update(done, { rate })
      else bar.start(total, done, { rate })
      isStarted = true
    },
    end: () => bar.stop(),
  }
}
