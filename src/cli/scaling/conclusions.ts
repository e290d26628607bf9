import { amdahlLimit, type Row, sweetSpot } from './speed-up.ts'

/** A finished study, or what there is of it. */
export interface Results {
  /** Program and arguments as they were typed. */
  readonly command: string
  readonly isWeak: boolean
  readonly repeat: number
  readonly leastEfficiency: number
  /** By rising number of ranks. */
  readonly rows: readonly Row[]
  /** All counts have been measured as often as wished. */
  readonly isComplete: boolean
}

/** Spread of the runs of one count (largest − smallest, of the median) above which nothing should be read into small differences. */
const WIDE_SPREAD = 0.15
/** Below this the start of Node and the ranks is a large part of the time. */
const SHORT_SECONDS = 1
/** Serial fractions that differ by less are taken for the same. */
const SAME_FRACTION = 0.02
const GROWN = 1.5

/** What the figures mean, a sentence or two in each line: the sweet spot first. */
export function conclusions(results: Results): string[] {
  if (results.rows.length < 2) return warnings(results)
  return [...sweetSpotText(results), ...serialText(results), ...warnings(results)]
}

function sweetSpotText({ rows, leastEfficiency, isWeak }: Results): string[] {
  const best = sweetSpot(rows, leastEfficiency)
  const [first] = rows
  const last = rows.at(-1)
  if (best === undefined || first === undefined || last === undefined) return []
  const rule = `the fastest count whose efficiency is at least ${percent(leastEfficiency)}`
  const gain = isWeak ? 'do' : 'are'
  const much = `${best.speedUp.toFixed(2)} times ${isWeak ? 'as much in the same time' : 'as fast'} as ${ranks(first.ranks)}`
  if (best === first) {
    const [next] = rows.slice(1)
    const fall =
      next === undefined
        ? ''
        : ` ${ranks(next.ranks)} reach${next.ranks === 1 ? 'es' : ''} ${percent(next.efficiency)} only.`
    return [
      `Sweet spot: ${ranks(best.ranks)} (${rule}).${fall} More ranks do not pay for this work: try a larger problem.`,
    ]
  }
  const sentence = `Sweet spot: ${ranks(best.ranks)} (${rule}). They ${gain} ${much}, at ${percent(best.efficiency)} efficiency.`
  if (best === last) return [`${sentence} That is the largest count measured: more may pay, too.`]
  const next = rows[rows.indexOf(best) + 1] ?? last
  const more = next.speedUp / best.speedUp
  const change =
    more > 1.02
      ? `only ${more.toFixed(2)} times as fast again, at ${percent(next.efficiency)}`
      : `${more < 0.98 ? 'slower' : 'no faster'}, at ${percent(next.efficiency)}`
  return [`${sentence} ${ranks(next.ranks)} are ${change}.`]
}

/** Karp's and Flatt's diagnosis: what limits the speed-up. */
function serialText({ rows, isWeak }: Results): string[] {
  const known = rows.flatMap(({ ranks: count, serialFraction }) =>
    serialFraction === undefined ? [] : [{ count, fraction: serialFraction }],
  )
  const [first] = known
  const last = known.at(-1)
  if (isWeak || first === undefined || last === undefined) return []
  if (last.fraction >= 1)
    return ['More ranks make it slower: what they cost (start, messages, shared cores) is more than they bring.']
  if (last.fraction <= SAME_FRACTION / 2)
    return ['The serial fraction is next to nothing: the speed-up is what you could expect of this many ranks.']
  const range = first === last ? number(last.fraction) : `${number(first.fraction)} to ${number(last.fraction)}`
  if (last.fraction > first.fraction * GROWN && last.fraction - first.fraction > SAME_FRACTION) {
    return [
      `The serial fraction grows with the ranks (${range}): the limit is what ranks cost (start, messages, shared cores), ` +
        'not a serial part of the program.',
    ]
  }
  return [
    `With a serial fraction of ${number(last.fraction)} no number of ranks is more than ${amdahlLimit(last.fraction).toFixed(1)} times as fast as one (Amdahl's law).`,
  ]
}

function warnings({ rows, repeat }: Results): string[] {
  const spread = rows.map(({ ranks: count, min, max, median }) => ({ count, share: (max - min) / median }))
  const widest = spread.reduce((wide, row) => (row.share > wide.share ? row : wide), { count: 0, share: 0 })
  const lines: string[] = []
  if (widest.share > WIDE_SPREAD)
    lines.push(
      `The runs with ${ranks(widest.count)} differ by ${percent(widest.share)}: something else uses the cores. ` +
        `A quiet machine or more runs (--repeat ${repeat * 2 + 1}) give a clearer picture.`,
    )
  else if (rows.length > 0 && rows.every(({ seconds }) => seconds.length === 1))
    lines.push('Each count was run once: nothing says how much the times vary.')
  const shortest = Math.min(...rows.map(({ median }) => median))
  if (shortest < SHORT_SECONDS)
    lines.push('Runs of less than a second are mostly the start of Node and of the ranks: give the program more to do.')
  return lines
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** Two significant digits of a fraction. */
export function number(fraction: number): string {
  const text = Math.abs(fraction) < 0.0005 ? '0' : String(Number(fraction.toPrecision(2)))
  return text
}

export function ranks(count: number): string {
  return count === 1 ? '1 rank' : `${count} ranks`
}
