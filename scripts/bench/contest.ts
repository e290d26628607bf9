import type { LoadGate } from './load-gate.ts'
import { type Better, pairedRatios, type Summary, summarize } from './statistics.ts'
import type { Unit } from './table.ts'
import { decideRound } from './validity.ts'

/** One program of a contest. `run` runs it once and gives the value that is compared. */
export interface Contestant {
  readonly name: string
  readonly run: () => Promise<number>
  /** Its failure is one of this project and fails the bench; others are reported and left out. */
  readonly isOurs: boolean
}

/** Programs that are measured in turn: A B C A B C … The first is ours, or what the others are compared with. */
export interface Contest {
  readonly title: string
  readonly unit: Unit
  readonly better: Better
  readonly contestants: readonly Contestant[]
}

export interface Sample<T = number> {
  readonly value: T
  readonly othersShare: number | undefined
  readonly isDisturbed: boolean
}

export interface Round<T = number> {
  readonly isDisturbed: boolean
  /** Disturbed rounds that were measured again are on record, but not counted. */
  readonly isCounted: boolean
  /** By the contestants' names. */
  readonly samples: Readonly<Record<string, Sample<T>>>
}

export interface Standing {
  readonly name: string
  readonly isOurs: boolean
  readonly summary: Summary | undefined
  /** How many times as good as it the first contestant is; of the first itself `undefined`. */
  readonly ratio: Summary | undefined
  readonly failure: string | undefined
}

export interface ContestResult {
  readonly title: string
  readonly unit: Unit
  readonly better: Better
  readonly standings: readonly Standing[]
  readonly rounds: readonly Round[]
}

/** Runs each contestant once to warm up, then `rounds` rounds of all. Who fails is out and on record. */
export async function runContest(
  contest: Contest,
  rounds: number,
  gate: Pick<LoadGate, 'measure'>,
  mostRepeats: number = rounds,
): Promise<ContestResult> {
  const { title, unit, better } = contest
  const played = await playRounds(title, contest.contestants, { rounds, mostRepeats }, gate)
  return { title, unit, better, standings: standingsOf(contest, played.rounds, played.failures), rounds: played.rounds }
}

/** What came out of the rounds of a contest. */
export interface Played<T> {
  readonly rounds: readonly Round<T>[]
  /** Why contestants are out, by their names. */
  readonly failures: ReadonlyMap<string, string>
}

/** A program whose run gives a `T`. */
export interface Player<T> {
  readonly name: string
  readonly run: () => Promise<T>
}

/** How many rounds count, and how many disturbed ones may be measured again. */
export interface RoundCounts {
  readonly rounds: number
  readonly mostRepeats: number
  /** Programs warm themselves up: no run of each before the rounds. */
  readonly areWarm?: boolean
}

/** The rounds of a contest; `playRounds` knows nothing of what is measured. */
export async function playRounds<T>(
  title: string,
  players: readonly Player<T>[],
  { rounds, mostRepeats, areWarm = false }: RoundCounts,
  gate: Pick<LoadGate, 'measure'>,
): Promise<Played<T>> {
  const failures = new Map<string, string>()
  const attempt = async <R>(player: Player<T>, work: () => Promise<R>): Promise<R | undefined> => {
    try {
      return await work()
    } catch (error) {
      failures.set(player.name, error instanceof Error ? error.message : String(error))
      return undefined
    }
  }
  if (!areWarm) for (const player of players) await attempt(player, player.run)
  const record: Round<T>[] = []
  let counted = 0
  while (counted < rounds && failures.size < players.length) {
    const samples: Record<string, Sample<T>> = {}
    for (const player of players) {
      if (failures.has(player.name)) continue
      const measured = await attempt(player, () => gate.measure(player.run))
      if (measured === undefined) continue
      const { result: value, othersShare, isDisturbed } = measured
      samples[player.name] = { value, othersShare, isDisturbed }
    }
    const isRoundDisturbed = Object.values(samples).some((sample) => sample.isDisturbed)
    const isCounted = decideRound(isRoundDisturbed, record.length - counted, mostRepeats) !== 'repeat'
    if (isCounted) counted += 1
    record.push({ isDisturbed: isRoundDisturbed, isCounted, samples })
    process.stderr.write(`bench: ${title}, round ${counted} of ${rounds}${isCounted ? '' : ' again, disturbed'}\n`)
  }
  return { rounds: record, failures }
}

function standingsOf(contest: Contest, record: readonly Round[], failures: ReadonlyMap<string, string>): Standing[] {
  const counted = record.filter((round) => round.isCounted)
  const valuesOf = ({ name }: Contestant) => counted.map((round) => round.samples[name]?.value)
  const [first] = contest.contestants
  return contest.contestants.map((contestant) => {
    const values = valuesOf(contestant)
    const ratios = first === undefined ? [] : pairedRatios(valuesOf(first), values, contest.better)
    return {
      name: contestant.name,
      isOurs: contestant.isOurs,
      summary: summarize(values.filter((value) => value !== undefined)),
      ratio: contestant === first ? undefined : summarize(ratios),
      failure: failures.get(contestant.name),
    }
  })
}
