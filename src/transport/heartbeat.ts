/** What a heartbeat needs of a channel. */
export interface HeartbeatLine {
  /** Sends the smallest thing that the other side hears. */
  beat(): void
  /** Nothing is read at the moment (flow control): silence says nothing about the other side. */
  isPaused(): boolean
  /** The other side has been silent for too long. Called once. */
  lost(reason: string): void
}

export interface HeartbeatOptions {
  /** Time between two beats, ms. */
  readonly intervalMs: number
  /** Silence after which the other side counts as dead, ms. */
  readonly deadAfterMs: number
  readonly clock: HeartbeatClock
}

/** Time as a heartbeat sees it; a test gives its own. */
export interface HeartbeatClock {
  /** Milliseconds from any fixed moment. */
  now(): number
  /** Calls `tick` every `intervalMs` until the returned function is called. */
  every(intervalMs: number, tick: () => void): () => void
}

export interface Heartbeat {
  /** Something arrived from the other side, whatever it was. */
  heard(): void
  stop(): void
}

/** The real time. Its timer does not keep the program alive. */
export const systemClock: HeartbeatClock = {
  now: () => performance.now(),
  every(intervalMs, tick) {
    const timer = setInterval(tick, intervalMs)
    timer.unref()
    return () => {
      clearInterval(timer)
    }
  },
}

export const defaultHeartbeat: HeartbeatOptions = { intervalMs: 2000, deadAfterMs: 10_000, clock: systemClock }

/**
 * Beats every `intervalMs` and declares the other side lost after `deadAfterMs` (and up to an interval) without a sign of life. Both sides beat without being
 * asked, so a side that does not read for a while (paused) still shows that it lives.
 *
 * Silence is counted in ticks of this side's own event loop: however late a tick is, it counts for one interval. A loop that was
 * blocked, or a program that was stopped, for a minute therefore gets to read what has piled up before it judges.
 */
export function startHeartbeat(line: HeartbeatLine, options: HeartbeatOptions = defaultHeartbeat): Heartbeat {
  const { intervalMs, deadAfterMs, clock } = options
  let silentMs = 0
  let wasHeard = false
  let lastTick = clock.now()
  const stop = clock.every(intervalMs, () => {
    const now = clock.now()
    silentMs = wasHeard || line.isPaused() ? 0 : silentMs + Math.min(now - lastTick, intervalMs)
    wasHeard = false
    lastTick = now
    // Timers are early or late by a fraction of a millisecond; half an interval is far from the next tick.
    if (silentMs + intervalMs / 2 > deadAfterMs) {
      stop()
      line.lost(`no sign of life for ${String(deadAfterMs / 1000)} s`)
      return
    }
    line.beat()
  })
  return {
    heard() {
      wasHeard = true
    },
    stop,
  }
}
