import { UNDEFINED } from '../terms/constants.ts'
import { show } from '../terms/in-words.ts'
import { allgatherValues } from '../collectives/allgather/by-messages.ts'
import { argumentError } from '../collectives/call/arguments.ts'
import { bcastValue } from '../collectives/bcast/by-messages.ts'
import { Collective } from '../collectives/call/collective.ts'
import type { Members } from '../collectives/call/members.ts'
import type { Plan } from '../collectives/call/run.ts'
import type { Steps } from '../collectives/call/steps.ts'

/** A communicator to be built: its ranks in order, as ranks of the old one, and the counter that its leader, the first, has taken for it. */
export interface NewGroup {
  readonly members: readonly number[]
  readonly counter: number
}

/** What each rank tells of itself. `counter`: what it would number a communicator with that it leads. */
type Membership = readonly [color: number, key: number, counter: number]

/**
 * MPI_Comm_split (MPI 4.1 §7.4.2): the ranks of the same colour, by key and then by rank; null for UNDEFINED. `counter` is this rank's next
 * one; it is taken where the rank leads.
 */
export function split(
  members: Members,
  color: number,
  key: number,
  counter: number,
  call: 'split' | 'splitType' | 'sub' = 'split',
): Plan<NewGroup | null> {
  const isColor = Number.isInteger(color) && (color >= 0 || color === UNDEFINED)
  if (!isColor) {
    const wanted = 'an integer of at least 0, or MPI.UNDEFINED'
    throw argumentError(members, 'ERR_ARG', call, `color = ${show(color)}; it must be ${wanted}`)
  }
  if (typeof key !== 'number' || Number.isNaN(key)) {
    throw argumentError(members, 'ERR_ARG', call, `key = ${show(key)}; it must be a number`)
  }
  const collective = new Collective(members, { call, root: -1, op: null, type: 0 })
  return { collective, steps: splitByColor(collective, color, key, counter) }
}

function* splitByColor(collective: Collective, color: number, key: number, counter: number): Steps<NewGroup | null> {
  const all = yield* allgatherValues<Membership>(collective, [color, key, counter])
  if (color === UNDEFINED) return null
  const mine = all.flatMap(([otherColor, otherKey, otherCounter], rank) =>
    otherColor === color ? [{ rank, key: otherKey, counter: otherCounter }] : [],
  )
  mine.sort((one, other) => one.key - other.key || one.rank - other.rank)
  return { members: mine.map(({ rank }) => rank), counter: mine[0]?.counter ?? counter }
}

/** MPI_Comm_dup (MPI 4.1 §7.4.2): the counter that rank 0 has taken for the duplicate. */
export function dup(members: Members, counter: number): Plan<number> {
  const collective = new Collective(members, { call: 'dup', root: -1, op: null, type: 0 })
  return { collective, steps: bcastValue(collective, counter, 0) }
}
