import type { InPlace } from '../constants.ts'
import type { View } from '../datatype.ts'
import { toOp } from '../reduce-op.ts'
import { Collective, type Members } from './collective.ts'
import { reduceViews } from './reduce.ts'
import { type Reduction, reductionOf, reductionOfViews } from './reduction.ts'
import type { Plan } from './run.ts'
import type { Steps } from './steps.ts'

/**
 * MPI_Allreduce (MPI 4.1 §6.9.6): `x` of all ranks combined in the order of `reduce`, the same bits on every rank.
 * Throws ERR_OP, ERR_TYPE.
 */
export function allreduce<X>(members: Members, x: X, op: unknown): Plan<X> {
  const reduction = reductionOf(members, 'allreduce', x, op)
  const collective = new Collective(members, { call: 'allreduce', root: -1, op: reduction.op, type: reduction.type })
  return { collective, steps: combineOnAll(collective, reduction, x) }
}

/** MPI_Allreduce of views of the same type and length on all ranks. */
export function allreduceInto(members: Members, send: View | InPlace, recv: View, op: unknown): Plan<void> {
  const { contribution } = reduceViews(members, 'allreduceInto', send, recv, -1)
  const reduction = reductionOfViews(
    members,
    'allreduceInto',
    contribution,
    toOp(op, members.collectives.engine.rank, 'allreduceInto'),
  )
  const collective = new Collective(members, {
    call: 'allreduceInto',
    root: -1,
    op: reduction.op,
    type: reduction.type,
  })
  return { collective, steps: combineInto(collective, reduction, contribution, recv) }
}

function* combineInto(collective: Collective, reduction: Reduction<View>, from: View, to: View): Steps<void> {
  yield* combineOnAll(collective, reduction, from, to)
}

/**
 * Recursive doubling with the parenthesisation of `reduce`: before round k each rank of a block of 2^k ranks holds the block's result, and
 * gets that of the block beside it. The last block may be short; then its ranks serve several of the other's.
 */
export function* combineOnAll<X>(collective: Collective, reduction: Reduction<X>, x: X, into?: X): Steps<X> {
  const { rank, size } = collective
  let combined = reduction.own(x, into)
  for (let distance = 1; distance < size; distance *= 2) {
    const mine = rank - (rank % distance)
    const other = mine ^ distance
    if (other >= size) continue
    const mySize = Math.min(distance, size - mine)
    const otherSize = Math.min(distance, size - other)
    // Rank i of one block takes from rank i of the other, modulo its size.
    const source = other + ((rank - mine) % otherSize)
    const receive = reduction.receive(collective, source)
    const sends = []
    for (let i = rank - mine; i < otherSize; i += mySize) sends.push(reduction.send(collective, other + i, combined))
    yield receive
    // What is combined next is written to the memory that the sends are read from.
    for (const request of sends) if (request !== null) yield request
    const theirs = reduction.received(receive)
    const isLower = mine < other
    combined = isLower ? reduction.combine(combined, theirs, 'lower') : reduction.combine(theirs, combined, 'higher')
  }
  return combined
}
