import type { Placement } from '../../placement/placement.ts'
import { MISMATCH_PREFIX, type RankWait } from '../../wire/control-messages.ts'
import { mismatchOf } from './waiting-collectives.ts'

/** So many ranks are shown; the table has to fit into a record of a ring (shm/layout.ts). */
const MOST_ROWS = 32
const MOST_CHARACTERS = 6000
/** A column is not padded beyond this width. */
const WIDEST_CALL = 60

/** Who waits for whom, one rank in a line; ranks without a wait are lost or have finished. Above it, collectives that do not match, where they are the cause. */
export function deadlockTable(
  placement: Placement,
  waits: readonly RankWait[],
  lost: ReadonlySet<number> = new Set(),
): string {
  const waitOf = new Map(waits.map((wait) => [wait.rank, wait]))
  const ranks = placement.nodes
    .flatMap(({ name, ranks: placed }) => placed.map(({ rank }) => ({ rank, name, wait: waitOf.get(rank) })))
    .toSorted((one, other) => one.rank - other.rank)
  const shown = ranks.slice(0, MOST_ROWS)
  const rankWidth = String(shown.at(-1)?.rank ?? 0).length
  const nodeWidth = Math.max(...shown.map(({ name }) => name.length))
  const callWidth = Math.min(WIDEST_CALL, Math.max(...shown.map(({ wait }) => wait?.call.length ?? 0)))
  const lines = shown.map(({ rank, name, wait }) => {
    const who = `  rank ${String(rank).padStart(rankWidth)} on ${name.padEnd(nodeWidth)}  `
    if (wait === undefined) return `${who}${lost.has(rank) ? 'is lost' : 'has finished'}`
    return `${who}${wait.place === undefined ? wait.call : `${wait.call.padEnd(callWidth)}  ${wait.place}`}`
  })
  const table = lines.join('\n').slice(0, MOST_CHARACTERS)
  const left = ranks.length - shown.length
  const more = left === 0 ? '' : `\n  and ${left} ranks more`
  const mismatch = mismatchOf(waits)
  const cause = mismatch === undefined ? '' : `${MISMATCH_PREFIX}${mismatch}\n`
  return `${cause}${table}${more}\n(MPIRUN_TS_DEADLOCK=off turns this check off)`
}
