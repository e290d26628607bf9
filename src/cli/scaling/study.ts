import type { Timing } from './speed-up.ts'

/** How one run of mpirun-ts ended. */
export interface RunEnd {
  readonly seconds: number
  /** 0, or why it does not count. */
  readonly status: number
  /** The last lines that it wrote to standard error. */
  readonly lastWords: string
}

export interface StudyPlan {
  /** Rising. */
  readonly counts: readonly { readonly ranks: number; readonly nodes: number }[]
  readonly repeat: number
  readonly warmUp: number
}

export interface StudyEffects {
  /** Runs the program once to its end. */
  readonly run: (ranks: number) => Promise<RunEnd>
  /** A run begins. `done` and `total` count all runs. */
  readonly onRun: (progress: Progress) => void
  /** The user wants no more. */
  readonly isStopped: () => boolean
}

export interface Progress {
  readonly ranks: number
  /** From 1; 0: a warm-up. */
  readonly round: number
  readonly done: number
  readonly total: number
  /** What the rest will take by what has been measured; absent where nothing has been. */
  readonly secondsLeft?: number
}

export interface StudyEnd {
  /** Of counts with at least one run. */
  readonly timings: readonly Timing[]
  /** The run that failed. */
  readonly failure?: { readonly ranks: number; readonly end: RunEnd }
}

/**
 * Times the program with each number of ranks. In each round every count has a turn, so that what slows the machine down for a while slows all of them.
 * A warm-up has the most ranks: it takes the least time and starts every node. Ends at the first run that fails, and when the user stops it.
 */
export async function runStudy({ counts, repeat, warmUp }: StudyPlan, effects: StudyEffects): Promise<StudyEnd> {
  const largest = counts.at(-1)
  const warmUps = Array.from({ length: largest === undefined ? 0 : warmUp }, () => ({
    index: counts.length - 1,
    round: 0,
  }))
  const rounds = Array.from({ length: repeat }, (_, round) =>
    counts.map((_count, index) => ({ index, round: round + 1 })),
  )
  const turns = [...warmUps, ...rounds.flat()]
  const times = counts.map((): number[] => [])
  const timings = (): Timing[] =>
    counts.flatMap((count, index) => {
      const seconds = times[index] ?? []
      return seconds.length === 0 ? [] : [{ ...count, seconds }]
    })
  for (const [done, { index, round }] of turns.entries()) {
    const ranks = counts[index]?.ranks ?? 1
    const left = secondsOf(turns.slice(done), times)
    effects.onRun({ ranks, round, done, total: turns.length, ...(left === undefined ? {} : { secondsLeft: left }) })
    const end = await effects.run(ranks)
    if (effects.isStopped()) break
    if (end.status !== 0) return { timings: timings(), failure: { ranks, end } }
    if (round > 0) times[index]?.push(end.seconds)
  }
  return { timings: timings() }
}

/** Undefined where a count that is still to come has not been measured yet. */
function secondsOf(turns: readonly { index: number }[], times: readonly (readonly number[])[]): number | undefined {
  let sum = 0
  for (const { index } of turns) {
    const last = times[index]?.at(-1)
    if (last === undefined) return undefined
    sum += last
  }
  return sum
}
