/** Median, smallest and largest of some numbers. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly count: number
}

/** The summary of `values`, or `undefined` when there are none. */
export function summarize(values: readonly number[]): Summary | undefined {
  if (values.length === 0) return undefined
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), count: values.length }
}

/** The middle value; of an even number of values the mean of the two in the middle. `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.ceil(sorted.length / 2) - 1]
  return upper === undefined || lower === undefined ? Number.NaN : (lower + upper) / 2
}

/** Whether more of a quantity is better (a rate) or less (a time). */
export type Better = 'higher' | 'lower'

/**
 * How many times as good `ours` is as `theirs`, pair by pair: both lists hold one value for each round, `undefined` where a
 * command did not run. Pairing cancels what is slow for both in the same round. Above 1: ours is better.
 */
export function pairedRatios(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
  better: Better,
): number[] {
  const ratios: number[] = []
  for (let round = 0; round < Math.min(ours.length, theirs.length); round++) {
    const our = ours[round]
    const their = theirs[round]
    if (our === undefined || their === undefined) continue
    ratios.push(better === 'higher' ? our / their : their / our)
  }
  return ratios
}
