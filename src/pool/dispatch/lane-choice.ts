import type { Chunk } from '../calls/chunk.ts'
import type { ThreadLane } from '../lanes/thread-lane.ts'

/** What a thread should have in advance, ms of its work: longer than the dispatcher may need to wake up. */
const AHEAD_MS = 1
const LEAST_AHEAD = 2
const MOST_AHEAD = 512
/** Bytes that a thread may have in advance. */
const MOST_AHEAD_BYTES = 4 * 1024 * 1024

/** The thread that has least, if any wants more. `maxChunks`: what a thread may do in its life. */
export function nextLane(lanes: readonly ThreadLane[], maxChunks: number): ThreadLane | undefined {
  let best: ThreadLane | undefined
  let least = Number.POSITIVE_INFINITY
  for (const lane of lanes) {
    const has = lane.outstanding.length
    if (has >= least || lane.sentCount >= maxChunks || !wantsMore(lane)) continue
    best = lane
    least = has
    if (has === 0) break
  }
  return best
}

function wantsMore(lane: ThreadLane): boolean {
  if (!lane.isOpen) return false
  const has = lane.outstanding.length
  if (has > 0 && lane.outstandingWeight >= MOST_AHEAD_BYTES) return false
  return has < LEAST_AHEAD || has < Math.min(MOST_AHEAD, AHEAD_MS / lane.meanRunMs)
}

/** Whether a thread idles while another has chunks that it has not begun. */
export function isUneven(lanes: readonly ThreadLane[]): boolean {
  return lanes.some((lane) => lane.isIdle) && lanes.some((lane) => lane.outstanding.length > 1)
}

/** Takes chunks back from a thread that sits on them for long, for one that idles. */
export function takeBack(lanes: readonly ThreadLane[]): Chunk[] {
  if (!isUneven(lanes)) return []
  const before = performance.timeOrigin + performance.now() - AHEAD_MS
  for (const lane of lanes) {
    const [, waiting] = lane.outstanding
    if (waiting === undefined || waiting.at > before) continue
    const taken = lane.revoke()
    if (taken.length > 0) return taken.map(({ chunk }) => chunk)
  }
  return []
}
