import { type Played, type Player, playRounds, type RoundCounts } from './contest.ts'
import type { LoadGate } from './load-gate.ts'
import { type Better, type Summary, summarize } from './statistics.ts'
import type { Unit } from './table.ts'

/** A program that measures many things in one run: its figures, by what they are of (a size, a call). */
export interface SeriesContestant extends Player<ReadonlyMap<string, number>> {
  readonly isOurs: boolean
}

/** What a figure must reach: of one of ours, in proportion to another contestant, or by itself. */
export interface Target {
  /** The figure it is for, and whose. */
  readonly key: string
  readonly of: string
  /** With whom it is compared; without, the value itself counts. */
  readonly than?: string
  /** At most (times, CPU, memory) or at least (rates). */
  readonly must: number
  readonly aim?: number
}

/** Programs that are measured in turn, each giving a series of figures. */
export interface Series {
  readonly title: string
  readonly unit: Unit
  readonly better: Better
  readonly contestants: readonly SeriesContestant[]
  readonly targets?: readonly Target[]
}

export interface TargetResult extends Target {
  /** The median of the ratios, or of the values. */
  readonly figure: number | undefined
  readonly isReached: boolean
}

export interface SeriesRow {
  readonly key: string
  readonly values: Readonly<Record<string, Summary | undefined>>
  /** Ours divided by theirs, round by round: of times, below 1 is faster; of rates, above 1. */
  readonly ratios: readonly { readonly of: string; readonly than: string; readonly ratio: Summary | undefined }[]
}

export interface SeriesResult extends Omit<Series, 'contestants' | 'targets'> {
  readonly contestants: readonly { name: string; isOurs: boolean; failure: string | undefined }[]
  readonly rows: readonly SeriesRow[]
  readonly targets: readonly TargetResult[]
  readonly rounds: readonly {
    readonly isDisturbed: boolean
    readonly isCounted: boolean
    readonly samples: Readonly<Record<string, Readonly<Record<string, number>>>>
  }[]
}

/** `rounds` rounds, as in a contest; ours are compared with each of the others, figure by figure. The programs warm themselves up. */
export async function runSeries(
  series: Series,
  counts: RoundCounts,
  gate: Pick<LoadGate, 'measure'>,
): Promise<SeriesResult> {
  const { title, unit, better, contestants } = series
  const played = await playRounds(title, contestants, { ...counts, areWarm: true }, gate)
  const rows = keysOf(played).map((key) => rowOf(key, series, played))
  return {
    title,
    unit,
    better,
    contestants: contestants.map(({ name, isOurs }) => ({ name, isOurs, failure: played.failures.get(name) })),
    rows,
    targets: (series.targets ?? []).map((target) => judge(target, rows, better)),
    rounds: played.rounds.map(({ isDisturbed, isCounted, samples }) => ({
      isDisturbed,
      isCounted,
      samples: Object.fromEntries(
        Object.entries(samples).map(([name, { value }]) => [name, Object.fromEntries(value.entries())]),
      ),
    })),
  }
}

/** Every key that any contestant has given, in the order in which the first ones gave them. */
function keysOf({ rounds }: Played<ReadonlyMap<string, number>>): string[] {
  const samples = rounds.flatMap((round) => Object.values(round.samples))
  return [...new Set(samples.flatMap(({ value }) => [...value.keys()]))]
}

function rowOf(key: string, { contestants }: Series, played: Played<ReadonlyMap<string, number>>): SeriesRow {
  const counted = played.rounds.filter((round) => round.isCounted)
  const valuesOf = (name: string) => counted.map(({ samples }) => samples[name]?.value.get(key))
  const ours = contestants.filter(({ isOurs }) => isOurs)
  const others = contestants.filter(({ isOurs }) => !isOurs)
  return {
    key,
    values: Object.fromEntries(contestants.map(({ name }) => [name, summarize(present(valuesOf(name)))])),
    ratios: ours.flatMap(({ name: of }) =>
      others.map(({ name: than }) => ({ of, than, ratio: summarize(divide(valuesOf(of), valuesOf(than))) })),
    ),
  }
}

function divide(ours: readonly (number | undefined)[], theirs: readonly (number | undefined)[]): number[] {
  return present(
    ours.map((our, round) => {
      const their = theirs[round]
      return our === undefined || their === undefined ? undefined : our / their
    }),
  )
}

function present(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined)
}

function judge(target: Target, rows: readonly SeriesRow[], better: Better): TargetResult {
  const row = rows.find(({ key }) => key === target.key)
  const summary =
    target.than === undefined
      ? row?.values[target.of]
      : row?.ratios.find(({ of, than }) => of === target.of && than === target.than)?.ratio
  const figure = summary?.median
  const isReached = figure !== undefined && (better === 'lower' ? figure <= target.must : figure >= target.must)
  return { ...target, figure, isReached }
}
