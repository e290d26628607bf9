/** What the processors did while something was measured. Times are sums over all cores, in seconds. */
export interface LoadReading {
  readonly wallSeconds: number
  readonly cores: number
  /** Seconds that any core was not idle, with what the hypervisor took away. */
  readonly busySeconds: number
  /** The part of `busySeconds` that the measured commands and the harness used. */
  readonly ownSeconds: number
}

/** When other load counts as too high. */
export interface LoadLimits {
  /** The share of all cores that others may use, 0 to 1. */
  readonly othersShare: number
  /** Seconds of others' work that are forgiven: the kernel counts in ticks of 10 ms, which a short command would suffer from. */
  readonly slackSeconds: number
  /** Seconds that the whole run may wait for quiet. */
  readonly patienceSeconds: number
}

export const LOAD_LIMITS: LoadLimits = { othersShare: 0.1, slackSeconds: 0.03, patienceSeconds: 60 }

/** The share of all cores that others used, 0 to 1. */
export function othersShare(reading: LoadReading): number {
  const all = reading.wallSeconds * reading.cores
  return all <= 0 ? 0 : clamp((reading.busySeconds - reading.ownSeconds) / all)
}

/** Whether others used so much that what was measured meanwhile does not count. */
export function isDisturbed(reading: LoadReading, limits: LoadLimits): boolean {
  const allowed = limits.othersShare * reading.wallSeconds * reading.cores + limits.slackSeconds
  return reading.busySeconds - reading.ownSeconds > allowed
}

/** What to do with a round that has just been measured. */
export type RoundDecision = 'keep' | 'repeat' | 'keep-disturbed'

/**
 * A round in which others disturbed any of the commands is measured again, as a whole, so that its pairs stay pairs; no more
 * than `mostRepeats` times in a contest, after which disturbed rounds are kept and the run becomes invalid. The decision looks at
 * the load alone, never at the values, so it favours nobody.
 */
export function decideRound(isRoundDisturbed: boolean, repeatsSoFar: number, mostRepeats: number): RoundDecision {
  if (!isRoundDisturbed) return 'keep'
  return repeatsSoFar < mostRepeats ? 'repeat' : 'keep-disturbed'
}

/** What the verdict on a contest depends on. */
export interface ContestLoad {
  readonly title: string
  readonly rounds: number
  readonly disturbedRounds: number
}

/** Why a run must not be quoted; empty when it may be. */
export function invalidReasons(contests: readonly ContestLoad[], canMeasureLoad: boolean): string[] {
  if (!canMeasureLoad) return ['the load of other programs cannot be measured on this system (no /proc/stat)']
  return contests
    .filter(({ disturbedRounds }) => disturbedRounds > 0)
    .map(
      ({ title, rounds, disturbedRounds }) =>
        `${title}: others used the processors in ${disturbedRounds} of ${rounds} rounds`,
    )
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share))
}
