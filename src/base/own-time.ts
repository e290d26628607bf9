/** Time is counted in steps of at most this many ms. */
const STEP_MS = 250

/**
 * Calls `done` once this program has had `ms` for itself; the returned function prevents it. However late a step is, it counts once: a program that
 * was stopped, or so busy that its event loop stood still, does not take that for the silence of others. What has come in the meantime is read
 * before `done` is called. Keeps the program alive unless `isBackground`.
 */
export function afterOwnTime(ms: number, done: () => void, isBackground = false): () => void {
  let steps = Math.max(1, Math.ceil(ms / STEP_MS))
  let isStopped = false
  const timer = setInterval(() => {
    steps -= 1
    if (steps > 0) return
    clearInterval(timer)
    // Timers come before the network in a turn of the event loop.
    setImmediate(() => {
      if (!isStopped) done()
    })
  }, ms / steps)
  if (isBackground) timer.unref()
  return () => {
    isStopped = true
    clearInterval(timer)
  }
}
