import type { InPlace } from '../../terms/constants.ts'
import { datatypeOf, isView, type View, viewConstructor } from '../../datatypes/datatype.ts'
import { toOp } from '../../operations/reduce-op.ts'
import { allgatherBlocks } from '../allgather/by-messages.ts'
import { slicesOf } from '../call/blocks.ts'
import { isByNode, isLong } from '../by-messages/choice.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import { combineBlocks } from '../by-messages/combine-blocks.ts'
import { combineByNode } from '../by-messages/combine-by-node.ts'
import { reduceViews } from '../reduce/by-messages.ts'
import { type Reduction, reductionOf, reductionOfViews } from '../call/reduction.ts'
import type { Plan } from '../call/run.ts'
import type { Steps } from '../call/steps.ts'

/**
 * MPI_Allreduce (MPI 4.1 §6.9.6): `x` of all ranks combined in the order of `reduce`, the same bits on every rank.
 * Throws ERR_OP, ERR_TYPE.
 */
export function allreduce<X>(members: Members, x: X, op: unknown): Plan<X> {
  const call = 'allreduce'
  const reduction = reductionOf(members, call, x, op)
  const long = isView(x) && isLong(members, call, x.byteLength)
  const collective = new Collective(members, { call, root: -1, op: reduction.op, type: reduction.type, isLong: long })
  if (!long) return { collective, steps: shortAlgorithm(members)(collective, reduction, x) }
  const to = new (viewConstructor(datatypeOf(x)))(x.length)
  // A reduction of views is one of X where X is a view.
  const ofViews = reduction as unknown as Reduction<View>
  return { collective, steps: combineSlices(collective, ofViews, x, to) as unknown as Steps<X> }
}

/** MPI_Allreduce of views of the same type and length on all ranks. */
export function allreduceInto(members: Members, send: View | InPlace, recv: View, givenOp: unknown): Plan<void> {
  const call = 'allreduceInto'
  const { contribution } = reduceViews(members, call, send, recv, -1)
  const op = toOp(givenOp, members.collectives.engine.rank, call)
  const reduction = reductionOfViews(members, call, contribution, op)
  const long = isLong(members, call, recv.byteLength)
  const collective = new Collective(members, { call, root: -1, op, type: reduction.type, isLong: long })
  const algorithm = long ? combineSlices : shortAlgorithm(members)
  return { collective, steps: intoView(algorithm(collective, reduction, contribution, recv)) }
}

function* intoView(steps: Steps<View>): Steps<void> {
  yield* steps
}

/** For values and for views that are not long. */
export function shortAlgorithm(members: Members): typeof doubleUp {
  return isByNode(members) ? combineByNode : doubleUp
}

/** Every rank combines its slice, and all get all slices: what each rank sends does not grow with their number. */
function* combineSlices(collective: Collective, reduction: Reduction<View>, from: View, to: View): Steps<View> {
  const { rank, size } = collective
  const [given, results] = [slicesOf(from, size), slicesOf(to, size)]
  const parts = Array.from({ length: size }, (_, owner) => given.of(owner))
  yield* combineBlocks(collective, reduction, parts, results.of(rank))
  // With IN_PLACE the others' slices come where this rank's part of them was.
  yield* collective.haveLeft()
  yield* allgatherBlocks(collective, results, 'ring')
  return to
}

/**
 * Recursive doubling in the order of the tree: before round k each rank of a block of 2^k ranks holds the block's result, and gets that of
 * the block beside it. The last block may be short; then its ranks serve several of the other's.
 */
function* doubleUp<X>(collective: Collective, reduction: Reduction<X>, x: X, into?: X): Steps<X> {
  const { rank, size } = collective
  let combined = reduction.own(x, into)
  for (let distance = 1; distance < size; distance *= 2) {
    const mine = rank - (rank % distance)
    const other = mine ^ distance
    if (other >= size) continue
    const mySize = Math.min(distance, size - mine)
    const otherSize = Math.min(distance, size - other)
    // Rank i of one block takes from rank i of the other, modulo its size.
    const receive = reduction.receive(collective, other + ((rank - mine) % otherSize))
    const sends = []
    for (let i = rank - mine; i < otherSize; i += mySize) {
      sends.push(reduction.send(collective, other + i, combined))
    }
    yield receive
    // What is combined next is written to the memory that the sends are read from.
    for (const request of sends) if (request !== null) yield request
    const theirs = reduction.received(receive)
    const isLower = mine < other
    combined = isLower ? reduction.combine(combined, theirs, 'lower') : reduction.combine(theirs, combined, 'higher')
  }
  return combined
}
