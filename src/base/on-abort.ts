/** What is to be done when a signal is aborted, and the one listener that does it. */
interface Watched {
  readonly acts: Set<() => void>
  readonly listener: () => void
}

const watched = new WeakMap<AbortSignal, Watched>()

/**
 * Calls `act` when the signal is aborted, unless the function that it returns is called before. However many wait for one signal, it has one
 * listener: with more than ten Node warns of a leak.
 */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const { acts, listener } = watched.get(signal) ?? watch(signal)
  // The same function may be given twice.
  const own = (): void => act()
  acts.add(own)
  return () => {
    if (!acts.delete(own) || acts.size > 0) return
    signal.removeEventListener('abort', listener)
    watched.delete(signal)
  }
}

function watch(signal: AbortSignal): Watched {
  const acts = new Set<() => void>()
  const listener = (): void => {
    for (const act of acts) act()
  }
  signal.addEventListener('abort', listener, { once: true })
  const one = { acts, listener }
  watched.set(signal, one)
  return one
}
