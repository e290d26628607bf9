/*
 * What the ranks of a communicator settle through the coordinator, which alone knows for sure which ranks are over: agreements (agree, shrink)
 * and revocations. A rank hands in a motion, the ranks that it concerns get the ruling, all the same one.
 */

/** World ranks in ascending order, as runs of consecutive ones: first and number. */
export type RankRuns = readonly (readonly [first: number, count: number])[]

/** Rank → its agent → coordinator. `comm`: the communicator's id, `members`: its world ranks. */
export type Motion = Vote | { readonly type: 'revoke'; readonly comm: number; readonly members: RankRuns }

/** What a rank gives to an agreement. */
export interface Vote {
  readonly type: 'vote'
  readonly comm: number
  /** The communicator's agreements are numbered, alike on all ranks. */
  readonly number: number
  readonly call: 'agree' | 'shrink'
  readonly flag: boolean
  /** What the rank would number a communicator with that it leads. */
  readonly counter: number
  readonly members: RankRuns
}

/** Coordinator → agents → ranks. */
export type Ruling = Agreed | { readonly type: 'revoked'; readonly comm: number }

export interface Agreed {
  readonly type: 'agreed'
  readonly comm: number
  readonly number: number
  /** The ranks have made different calls, in the user's words: the agreement fails. */
  readonly mismatch?: string
  /** Whether all survivors have voted true. */
  readonly flag: boolean
  /** Members that are not over. */
  readonly survivors: RankRuns
  /** The lowest survivor's counter. */
  readonly counter: number
}

export function runsOf(ranks: readonly number[]): RankRuns {
  const runs: [number, number][] = []
  for (const rank of ranks.toSorted((one, other) => one - other)) {
    const last = runs.at(-1)
    if (last !== undefined && last[0] + last[1] === rank) last[1] += 1
    else runs.push([rank, 1])
  }
  return runs
}

export function ranksOf(runs: RankRuns): number[] {
  return runs.flatMap(([first, count]) => Array.from({ length: count }, (_, i) => first + i))
}
