import type { InPlace } from '../../terms/constants.ts'
import { bytesOf, type View } from '../../datatypes/datatype.ts'
import { toOp } from '../../operations/reduce-op.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import { reduceViews } from '../reduce/by-messages.ts'
import { type Reduction, reductionOf, reductionOfViews } from '../call/reduction.ts'
import type { Plan } from '../call/run.ts'
import type { Steps } from '../call/steps.ts'

/** MPI_Scan (MPI 4.1 §6.11.1): `x` of ranks 0 … this one combined. Throws ERR_OP, ERR_TYPE. */
export function scan<X>(members: Members, x: X, op: unknown): Plan<X> {
  const reduction = reductionOf(members, 'scan', x, op)
  const collective = new Collective(members, { call: 'scan', root: -1, op: reduction.op, type: reduction.type })
  return { collective, steps: withOwn(collective, reduction, x) }
}

/** MPI_Exscan (MPI 4.1 §6.11.2): `x` of the ranks below this one combined; undefined on rank 0. */
export function exscan<X>(members: Members, x: X, op: unknown): Plan<X | undefined> {
  const reduction = reductionOf(members, 'exscan', x, op)
  const collective = new Collective(members, { call: 'exscan', root: -1, op: reduction.op, type: reduction.type })
  return { collective, steps: combineBelow(collective, reduction, x) }
}

/** MPI_Scan of views. */
export function scanInto(members: Members, send: View | InPlace, recv: View, op: unknown): Plan<void> {
  return viewPlan(members, 'scanInto', send, recv, op, withOwn)
}

/** MPI_Exscan of views; `recv` of rank 0 stays as it is. */
export function exscanInto(members: Members, send: View | InPlace, recv: View, op: unknown): Plan<void> {
  return viewPlan(members, 'exscanInto', send, recv, op, combineBelow)
}

function viewPlan(
  members: Members,
  call: 'scanInto' | 'exscanInto',
  send: View | InPlace,
  recv: View,
  op: unknown,
  combine: (collective: Collective, reduction: Reduction<View>, x: View) => Steps<View | undefined>,
): Plan<void> {
  const { contribution } = reduceViews(members, call, send, recv, -1)
  const reduction = reductionOfViews(members, call, contribution, toOp(op, members.collectives.engine.rank, call))
  const collective = new Collective(members, { call, root: -1, op: reduction.op, type: reduction.type })
  return { collective, steps: copyResult(combine(collective, reduction, contribution), recv) }
}

function* copyResult(steps: Steps<View | undefined>, recv: View): Steps<void> {
  const combined = yield* steps
  if (combined !== undefined) bytesOf(recv).set(bytesOf(combined))
}

/** What the ranks 0 … this one give, combined. */
export function* withOwn<X>(collective: Collective, reduction: Reduction<X>, x: X): Steps<X> {
  const below = yield* prefix(collective, reduction, x)
  return below.length === 0 ? reduction.own(x) : reduction.combine(below[0] as X, reduction.own(x), 'lower')
}

/** What the ranks below this one give, combined. */
export function* combineBelow<X>(collective: Collective, reduction: Reduction<X>, x: X): Steps<X | undefined> {
  const below = yield* prefix(collective, reduction, x)
  return below[0]
}

/**
 * What the ranks below this one give, combined; empty on rank 0. Before round k each rank holds its block of 2^k ranks combined, which those of the
 * block above need, and those of the block below where there are ranks above both. A rank takes the blocks below it from the nearest to the farthest, so the
 * order depends on the rank alone.
 */
function* prefix<X>(collective: Collective, reduction: Reduction<X>, x: X): Steps<[] | [X]> {
  const { rank, size } = collective
  let block = reduction.own(x)
  let below: [] | [X] = []
  for (let distance = 1; distance < size; distance *= 2) {
    const partner = rank ^ distance
    const { source, others } = wayOf(collective, distance)
    const receive = needs(rank, distance, size) ? reduction.receive(collective, source) : null
    const isFirst = partner < size && sourceFor(collective, partner, distance) === rank
    const sent = isFirst && needs(partner, distance, size) ? reduction.send(collective, partner, block) : null
    if (receive !== null) yield receive
    if (sent !== null) yield sent
    if (receive === null) continue
    const theirs = reduction.received(receive)
    // It lies in memory of the next round.
    for (const request of others.map((other) => reduction.send(collective, other, theirs))) {
      if (request !== null) yield request
    }
    if (partner > rank) {
      block = reduction.combine(block, theirs, 'lower')
      continue
    }
    const nearer = reduction.own(theirs)
    below = below.length === 0 ? [nearer] : [reduction.combine(nearer, below[0], 'lower')]
    block = reduction.combine(theirs, block, 'higher')
  }
  return below
}

/** Whether a rank needs what the block beside its own gives, of `distance` ranks each. */
function needs(rank: number, distance: number, size: number): boolean {
  return (rank & distance) !== 0 || rank - (rank % (2 * distance)) + 2 * distance < size
}

/** Whom this rank gets the block beside its own from, and whom of its node it passes it on to. */
function wayOf(collective: Collective, distance: number): { source: number; others: readonly number[] } {
  const { rank } = collective
  const waiting = fromAfar(collective, rank, distance)
  return { source: sourceFor(collective, rank, distance), others: waiting[0] === rank ? waiting.slice(1) : [] }
}

/** The rank of the block beside where it is on the same node; else the first of those who wait for it, which gets it for all of them from afar. */
function sourceFor(collective: Collective, rank: number, distance: number): number {
  const [first = rank] = fromAfar(collective, rank, distance)
  return first === rank || isBeside(collective, rank, distance) ? rank ^ distance : first
}

function isBeside({ nodes }: Collective, rank: number, distance: number): boolean {
  return nodes.of(rank) === nodes.of(rank ^ distance)
}

/** Ranks of a rank's node and block whose partners are on other nodes. */
function fromAfar(collective: Collective, rank: number, distance: number): number[] {
  const { nodes, size } = collective
  const begin = rank - (rank % distance)
  return nodes
    .ranksOn(nodes.of(rank))
    .filter((one) => one >= begin && one < begin + distance && (one ^ distance) < size)
    .filter((one) => !isBeside(collective, one, distance))
}
