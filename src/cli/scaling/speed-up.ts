/** The times of one number of ranks. */
export interface Timing {
  readonly ranks: number
  readonly nodes: number
  /** Of each run, at least one. */
  readonly seconds: readonly number[]
}

/** What the times of one number of ranks say. */
export interface Row extends Timing {
  readonly median: number
  readonly min: number
  readonly max: number
  /** How many times as much work is done in the same time as with the fewest ranks. */
  readonly speedUp: number
  /** The part of the ranks' time that is used as well as with the fewest ranks; 1 is all of it. */
  readonly efficiency: number
  /** See serialFraction() and scaledSerialFraction(); absent where one rank has not been measured. */
  readonly serialFraction?: number
}

/**
 * Speed-up, efficiency and serial fraction of each number of ranks (rising), against the first of them. `isWeak`: the work has grown with the ranks, so
 * the same time is the ideal.
 */
export function analyse(timings: readonly Timing[], isWeak: boolean): Row[] {
  const [first] = timings
  if (first === undefined) return []
  const base = median(first.seconds)
  return timings.map((timing): Row => {
    const own = median(timing.seconds)
    const growth = timing.ranks / first.ranks
    const faster = base / own
    const speedUp = isWeak ? faster * growth : faster
    const row = {
      ...timing,
      median: own,
      min: Math.min(...timing.seconds),
      max: Math.max(...timing.seconds),
      speedUp,
      efficiency: speedUp / growth,
    }
    if (first.ranks !== 1 || timing.ranks === 1) return row
    const fraction = isWeak ? scaledSerialFraction(speedUp, timing.ranks) : serialFraction(speedUp, timing.ranks)
    return { ...row, serialFraction: fraction }
  })
}

/**
 * The experimentally determined serial fraction e = (1/S − 1/p) / (1 − 1/p) of a speed-up S on p > 1 ranks. Where it stays the same as p grows, a part of the
 * program that does not run in parallel is the limit; where it grows, the overhead of the ranks is. Below zero: more than the ideal.
 * Source: A. H. Karp and H. P. Flatt, Measuring parallel processor performance, Communications of the ACM 33(5), 1990.
 */
export function serialFraction(speedUp: number, ranks: number): number {
  return (1 / speedUp - 1 / ranks) / (1 - 1 / ranks)
}

/**
 * The serial fraction s = (p − S) / (p − 1) of a scaled speed-up S on p > 1 ranks, whose work has grown with them.
 * Source: J. L. Gustafson, Reevaluating Amdahl's law, Communications of the ACM 31(5), 1988.
 */
export function scaledSerialFraction(speedUp: number, ranks: number): number {
  return (ranks - speedUp) / (ranks - 1)
}

/**
 * The speed-up that no number of ranks exceeds where this part of the work is not done in parallel: 1/f.
 * Source: G. M. Amdahl, Validity of the single processor approach to achieving large scale computing capabilities, AFIPS 1967.
 */
export function amdahlLimit(fraction: number): number {
  return 1 / fraction
}

/** The sweet spot: the fastest of the rows that are at least so efficient, and of equals the one with the fewest ranks. */
export function sweetSpot(rows: readonly Row[], leastEfficiency: number): Row | undefined {
  return rows
    .filter(({ efficiency }) => efficiency >= leastEfficiency)
    .reduce<Row | undefined>((best, row) => (best !== undefined && best.speedUp >= row.speedUp ? best : row), undefined)
}

/** The middle value, or the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1)
  return middle.reduce((sum, value) => sum + value, 0) / middle.length
}
