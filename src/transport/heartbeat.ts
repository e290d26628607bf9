/** What a heartbeat needs of a channel. */
export interface HeartbeatLine {
  /** Sends the smallest thing that the other side hears. */
  beat(): void
  /** Nothing is read at the moment (flow control): silence says nothing about the other side. */
  isPaused(): boolean
  /** Whether the other side's system takes what is sent, though nobody may read it; undefined: this system does not tell. */
  isAcknowledged(): boolean | undefined
  /** The other side has said nothing for `deadAfterMs`, but its system answers: it is stopped; or (false) it says something again. */
  quiet(isQuiet: boolean): void
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
 * Beats every `intervalMs`. Declares the other side lost when for `deadAfterMs` (and up to an interval) neither it nor its system has given
 * a sign of life, and quiet when only its system does. Where the system does not tell, silence alone decides. Both sides beat without being asked,
 * so a side that does not read for a while (paused) still shows that it lives.
 *
 * Time is counted in ticks of this side's own event loop: however late a tick is, it counts for one interval. A loop that was
 * blocked, or a program that was stopped, for a minute therefore gets to read what has piled up before it judges.
 */
export function startHeartbeat(line: HeartbeatLine, options: HeartbeatOptions = defaultHeartbeat): Heartbeat {
  const { intervalMs, deadAfterMs, clock } = options
  let wasHeard = false
  let lastTick = clock.now()
  let silentMs = 0
  let unansweredMs = 0
  let isQuiet = false
  // Timers are early or late by a fraction of a millisecond; half an interval is far from the next tick.
  const isTooLong = (ms: number): boolean => ms + intervalMs / 2 > deadAfterMs
  const stop = clock.every(intervalMs, () => {
    const now = clock.now()
    const passedMs = Math.min(now - lastTick, intervalMs)
    lastTick = now
    const answers = wasHeard || (line.isAcknowledged() ?? line.isPaused())
    silentMs = wasHeard || line.isPaused() ? 0 : silentMs + passedMs
    unansweredMs = answers ? 0 : unansweredMs + passedMs
    wasHeard = false
    if (isTooLong(unansweredMs)) {
      stop()
      line.lost(silenceOf(deadAfterMs))
      return
    }
    if (isQuiet !== isTooLong(silentMs)) {
      isQuiet = !isQuiet
      line.quiet(isQuiet)
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

function silenceOf(ms: number): string {
  return `no sign of life for ${ms / 1000} s`
}
