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

export interface Sample {
  readonly value: number
  readonly othersShare: number | undefined
  readonly isDisturbed: boolean
}

export interface Round {
  readonly isDisturbed: boolean
  /** Disturbed rounds that were measured again are on record, but not counted. */
  readonly isCounted: boolean
  /** By the contestants' names. */
  readonly samples: Readonly<Record<string, Sample>>
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
): Promise<ContestResult> {
  const failures = new Map<string, string>()
  const attempt = async <T>(contestant: Contestant, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      failures.set(contestant.name, error instanceof Error ? error.message : String(error))
      return undefined
    }
  }
  for (const contestant of contest.contestants) await attempt(contestant, contestant.run)
  const record: Round[] = []
  let counted = 0
  while (counted < rounds && failures.size < contest.contestants.length) {
    const samples: Record<string, Sample> = {}
    for (const contestant of contest.contestants) {
      if (failures.has(contestant.name)) continue
      const measured = await attempt(contestant, () => gate.measure(contestant.run))
      if (measured === undefined) continue
      const { result: value, othersShare, isDisturbed } = measured
      samples[contestant.name] = { value, othersShare, isDisturbed }
    }
    const isRoundDisturbed = Object.values(samples).some((sample) => sample.isDisturbed)
    const isCounted = decideRound(isRoundDisturbed, record.length - counted, rounds) !== 'repeat'
    if (isCounted) counted += 1
    record.push({ isDisturbed: isRoundDisturbed, isCounted, samples })
    process.stderr.write(
      `bench: ${contest.title}, round ${counted} of ${rounds}${isCounted ? '' : ' again, disturbed'}\n`,
    )
  }
  const { title, unit, better } = contest
  return { title, unit, better, standings: standingsOf(contest, record, failures), rounds: record }
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
