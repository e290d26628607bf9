import type { CollectiveSummary } from '../wire/control-messages.ts'

/** A rank that has ended in order. */
export interface Finisher {
  readonly rank: number
  readonly node: string
  readonly collectives: CollectiveSummary
}

/**
 * What is wrong with the collectives that two ranks have called on COMM_WORLD; undefined: nothing. Most mismatches fail while the calls
 * run; that of the last calls of a program may meet nobody who would notice. Numbers of calls may differ: a rank may end early, and who
 * waits for it is told.
 */
export function contradiction(one: Finisher, other: Finisher): string | undefined {
  const { calls, hash, latest } = one.collectives
  const theirs = other.collectives
  if (calls !== theirs.calls || hash === theirs.hash) return undefined
  // The first call that differs, of those that are known.
  const age = latest.findLastIndex((call, at) => call !== theirs.latest[at])
  const ranks = `rank ${one.rank} on ${one.node} and rank ${other.rank} on ${other.node}`
  const what =
    age < 0
      ? `${ranks} have called different collectives on COMM_WORLD, before the last ${latest.length} of ${calls}`
      : `collective ${calls - age} of ${calls} on COMM_WORLD was ${latest[age]} on rank ${one.rank} on ${one.node}, and ${theirs.latest[age]} on rank ${other.rank} on ${other.node}`
  const advice = 'all ranks must call the same collectives in the same order, with the same root, operation and type'
  return `ERR_COLLECTIVE_MISMATCH: ${what}; ${advice}`
}
