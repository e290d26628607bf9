import type { InPlace } from '../constants.ts'
import { datatypeOf, isView, type View, viewConstructor } from '../datatype.ts'
import { toOp } from '../reduce-op.ts'
import { allgatherBlocks } from './allgather.ts'
import { slicesOf } from './blocks.ts'
import { directSubtrees, isLong } from './choice.ts'
import { Collective, type Members } from './collective.ts'
import { combineBlocks, receiveLike } from './combine-blocks.ts'
import { type Combined, combineTree, isIn, type Subtree, wholeTree } from './evaluation-tree.ts'
import { reduceViews } from './reduce.ts'
import { type Reduction, reductionOf, reductionOfViews } from './reduction.ts'
import type { Plan } from './run.ts'
import type { Steps } from './steps.ts'

/**
 * MPI_Allreduce (MPI 4.1 §6.9.6): `x` of all ranks combined in the order of `reduce`, the same bits on every rank.
 * Throws ERR_OP, ERR_TYPE.
 */
export function allreduce<X>(members: Members, x: X, op: unknown): Plan<X> {
  const call = 'allreduce'
  const reduction = reductionOf(members, call, x, op)
  const long = isView(x) && isLong(members, call, x.byteLength)
  const collective = new Collective(members, { call, root: -1, op: reduction.op, type: reduction.type, isLong: long })
  if (!long) return { collective, steps: combineOnAll(collective, reduction, x) }
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
  const algorithm = long ? combineSlices : combineOnAll
  return { collective, steps: intoView(algorithm(collective, reduction, contribution, recv)) }
}

function* intoView(steps: Steps<View>): Steps<void> {
  yield* steps
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

/** The combination on all ranks: at once, or first of each subtree on one node, and then of the subtrees. */
function* combineOnAll<X>(collective: Collective, reduction: Reduction<X>, x: X, into?: X): Steps<X> {
  const { rank, size } = collective
  const subtrees = directSubtrees(collective)
  const mine = subtrees.find((subtree) => isIn(subtree, rank)) ?? wholeTree(size)
  const others = subtrees.filter((subtree) => subtree !== mine)
  // Rank i of one subtree takes from rank i of the other, modulo its size.
  const receives = others.map((other) => ({
    ...other,
    receive: receiveLike(collective, other.first + ((rank - mine.first) % other.count), x),
  }))
  const partial = yield* doubleUp(collective, reduction, mine, x, into)
  if (others.length === 0) return partial
  const sends = []
  for (const other of others) {
    for (let i = rank - mine.first; i < other.count; i += mine.count) {
      sends.push(reduction.send(collective, other.first + i, partial))
    }
  }
  const parts: Combined<X>[] = [{ ...mine, x: partial }]
  for (const { first, count, receive } of receives) {
    yield receive
    parts.push({ first, count, x: reduction.received(receive) })
  }
  // The result is written to the memory that the sends are read from.
  for (const request of sends) if (request !== null) yield request
  return combineTree(reduction, wholeTree(size), parts, rank)
}

/**
 * Recursive doubling within a subtree, in its order: before round k each rank of a block of 2^k ranks holds the block's result, and gets that of
 * the block beside it. The last block may be short; then its ranks serve several of the other's.
 */
function* doubleUp<X>(
  collective: Collective,
  reduction: Reduction<X>,
  { first, count }: Subtree,
  x: X,
  into?: X,
): Steps<X> {
  const at = collective.rank - first
  let combined = reduction.own(x, into)
  for (let distance = 1; distance < count; distance *= 2) {
    const mine = at - (at % distance)
    const other = mine ^ distance
    if (other >= count) continue
    const mySize = Math.min(distance, count - mine)
    const otherSize = Math.min(distance, count - other)
    // Rank i of one block takes from rank i of the other, modulo its size.
    const receive = reduction.receive(collective, first + other + ((at - mine) % otherSize))
    const sends = []
    for (let i = at - mine; i < otherSize; i += mySize) {
      sends.push(reduction.send(collective, first + other + i, combined))
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
