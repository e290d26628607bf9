import type { Progress } from './progress.ts'

/** "25 % · 25 of 100 · 12 tasks/s · 6 s left · 2 nodes"; `seconds`: since the call began. */
export function progressText({ done, total, nodes }: Progress, seconds: number): string {
  const rate = done / Math.max(seconds, 0.001)
  const parts = [`${rounded(rate)} tasks/s`]
  if (total === undefined) parts.unshift(`${done} done`)
  else {
    parts.unshift(`${Math.floor((100 * done) / Math.max(total, 1))} %`, `${done} of ${total}`)
    parts.push(`${done === 0 ? '?' : duration((total - done) / rate)} left`)
  }
  if (nodes > 1) parts.push(`${nodes} nodes`)
  return parts.join(' · ')
}

function rounded(rate: number): string {
  return rate < 10 ? rate.toPrecision(2) : String(Math.round(rate))
}

/** "12 s", "3 min 5 s", "2 h 10 min". */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
