import type { CollectiveSummary } from '../../wire/control-messages.ts'

/** A rank that has ended in order. */
export interface Finisher {
  readonly rank: number
  readonly node: string
  readonly collectives: CollectiveSummary
}

const ADVICE =
  'all ranks must call the same collectives in the same order, with the same root, operation, type and length'

/**
 * What is wrong with the collectives that two ranks have called on one communicator; undefined: nothing. Most mismatches fail while the calls
 * run; that of the last calls may be met by nobody who would notice, or by some ranks alone.
 */
export function contradiction(one: Finisher, other: Finisher): string | undefined {
  const what = toldToOne(one, other) ?? toldToOne(other, one) ?? otherCalls(one, other)
  return what === undefined ? undefined : `ERR_COLLECTIVE_MISMATCH: ${what}`
}

/** What one rank was told, when the program of the other has gone on as if nothing had been. */
function toldToOne(told: Finisher, untold: Finisher): string | undefined {
  const { mismatch, calls } = told.collectives
  if (mismatch === undefined || untold.collectives.hasFailed || untold.collectives.calls < calls) return undefined
  return `${placeOf(told)} was told, and ${placeOf(untold)} had gone on: ${mismatch}`
}

/** Numbers of calls may differ: a rank may end early, and who waits for it is told. */
function otherCalls(one: Finisher, other: Finisher): string | undefined {
  const { calls, hash, latest, name, hasFailed } = one.collectives
  const theirs = other.collectives
  if (calls !== theirs.calls || hash === theirs.hash) return undefined
  // Both programs were told, and went on.
  if (hasFailed && theirs.hasFailed) return undefined
  // The first call that differs, of those that are known.
  const age = latest.findLastIndex((call, at) => call !== theirs.latest[at])
  const what =
    age < 0
      ? `${placeOf(one)} and ${placeOf(other)} have called different collectives on ${name}, before the last ${latest.length} of ${calls}`
      : `collective ${calls - age} of ${calls} on ${name} was ${latest[age]} on ${placeOf(one)}, and ${theirs.latest[age]} on ${placeOf(other)}`
  return `${what}; ${ADVICE}`
}

function placeOf({ rank, node }: Finisher): string {
  return `rank ${rank} on ${node}`
}

/** The first ranks that have ended in order, by communicator, and with `rank` among them; `mismatch`: what is wrong with its collectives. */
export function compared(
  finishers: ReadonlyMap<number, Finisher>,
  rank: number,
  node: string,
  summaries: readonly CollectiveSummary[],
): { finishers: ReadonlyMap<number, Finisher>; mismatch: string | undefined } {
  const all = new Map(finishers)
  let mismatch: string | undefined
  for (const collectives of summaries) {
    const finisher = { rank, node, collectives }
    const first = all.get(collectives.comm)
    if (first === undefined) all.set(collectives.comm, finisher)
    else mismatch ??= contradiction(first, finisher)
  }
  return { finishers: all, mismatch }
}
