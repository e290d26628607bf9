import type { InPlace } from '../constants.ts'
import { datatypeOf, isView, type View, viewConstructor } from '../datatype.ts'
import { toOp } from '../reduce-op.ts'
import { argumentError, checkApart, checkRoot, checkSameType, checkView, isInPlace } from './arguments.ts'
import { slicesOf } from './blocks.ts'
import { directSubtrees, isLong } from './choice.ts'
import { Collective, type Members } from './collective.ts'
import { combineBlocks, receiveLike } from './combine-blocks.ts'
import { type Combined, combineTree, isIn, leaf, wholeTree } from './evaluation-tree.ts'
import { type Reduction, reductionOf, reductionOfViews } from './reduction.ts'
import type { Plan } from './run.ts'
import type { Steps } from './steps.ts'

/**
 * MPI_Reduce (MPI 4.1 §6.9.1): `x` of all ranks combined on root, undefined on the others. The order of evaluation is
 * ((0+1)+(2+3))+…, whatever the root. Throws ERR_ROOT, ERR_OP, ERR_TYPE.
 */
export function reduce<X>(members: Members, x: X, op: unknown, root: number): Plan<X | undefined> {
  checkRoot(members, 'reduce', root)
  const call = 'reduce'
  const reduction = reductionOf(members, call, x, op)
  const long = isView(x) && isLong(members, call, x.byteLength)
  const collective = new Collective(members, { call, root, op: reduction.op, type: reduction.type, isLong: long })
  if (!long) return { collective, steps: combineOnRoot(collective, reduction, x, root) }
  const to = members.rank === root ? new (viewConstructor(datatypeOf(x)))(x.length) : null
  // A reduction of views is one of X where X is a view.
  const ofViews = reduction as unknown as Reduction<View>
  return { collective, steps: combineSlices(collective, ofViews, x, to, root) as unknown as Steps<X | undefined> }
}

/** MPI_Reduce of views: `recv` is needed on root only; IN_PLACE there means that `recv` holds root's contribution. */
export function reduceInto(
  members: Members,
  send: View | InPlace,
  recv: View | null,
  givenOp: unknown,
  root: number,
): Plan<void> {
  const call = 'reduceInto'
  checkRoot(members, call, root)
  const { contribution, result } = reduceViews(members, call, send, members.rank === root ? recv : null, root)
  const op = toOp(givenOp, members.collectives.engine.rank, call)
  const reduction = reductionOfViews(members, call, contribution, op)
  const long = isLong(members, call, contribution.byteLength)
  const collective = new Collective(members, { call, root, op, type: reduction.type, isLong: long })
  const steps = long
    ? combineSlices(collective, reduction, contribution, result, root)
    : combineOnRoot(collective, reduction, contribution, root, result ?? undefined)
  return { collective, steps: intoView(steps) }
}

function* intoView(steps: Steps<View | undefined>): Steps<void> {
  yield* steps
}

/** What a rank gives and where its result goes, checked. `recv` null: this rank gets no result. */
export function reduceViews(
  members: Members,
  call: string,
  send: View | InPlace,
  recv: View | null,
  root: number,
): { contribution: View; result: View | null } {
  const isReceiver = root === -1 || members.rank === root
  if (isReceiver) checkView(members, call, 'the receive view', recv)
  if (isInPlace(send)) {
    if (recv !== null) return { contribution: recv, result: recv }
    throw argumentError(members, 'ERR_BUFFER', call, `MPI.IN_PLACE is for root = ${root}, which has the receive view`)
  }
  checkView(members, call, 'the send view', send)
  if (recv === null || !isReceiver) return { contribution: send, result: null }
  checkSameType(members, call, send, recv)
  checkApart(members, call, send, recv)
  if (send.length !== recv.length) {
    const lengths = `the send view has ${send.length} elements, the receive view ${recv.length}`
    throw argumentError(members, 'ERR_COUNT', call, `${lengths}; they must have the same length`)
  }
  return { contribution: send, result: recv }
}

/** Every rank combines its slice, and root gets all of them: nobody sends or combines more than a view's length. `to`: on root. */
function* combineSlices(
  collective: Collective,
  reduction: Reduction<View>,
  from: View,
  to: View | null,
  root: number,
): Steps<View | undefined> {
  const { rank, size } = collective
  const given = slicesOf(from, size)
  const parts = Array.from({ length: size }, (_, owner) => given.of(owner))
  const results = to === null ? null : slicesOf(to, size)
  const own = yield* combineBlocks(collective, reduction, parts, results?.of(rank))
  if (results === null) {
    reduction.send(collective, root, own)
    return undefined
  }
  // With IN_PLACE the others' slices come where root's part of them was.
  yield* collective.haveLeft()
  const receives = parts.flatMap((_, owner) =>
    owner === rank ? [] : [collective.receiveInto(owner, results.of(owner))],
  )
  for (const receive of receives) {
    yield receive
    receive.check()
  }
  return to ?? undefined
}

/** `x` of all ranks combined, on root; `x` itself is not written to. */
function* combineOnRoot<X>(
  collective: Collective,
  reduction: Reduction<X>,
  x: X,
  root: number,
  into?: X,
): Steps<X | undefined> {
  const { rank, size } = collective
  // The tree is that of root 0 for every root, so that the result does not depend on the root.
  const subtrees = directSubtrees(collective)
  const mine = subtrees.find(({ first }) => first === rank)
  if (rank !== root) {
    const combined = yield* climb(collective, reduction, x)
    if (mine !== undefined) reduction.send(collective, root, combined)
    return undefined
  }
  const receives = subtrees
    .filter((subtree) => subtree !== mine)
    .map((subtree) => ({ ...subtree, receive: receiveLike(collective, subtree.first, x) }))
  const combined = yield* climb(collective, reduction, x, mine === undefined ? undefined : into)
  const parts: Combined<X>[] = mine === undefined ? [] : [{ ...mine, x: combined }]
  for (const { first, count, receive } of receives) {
    yield receive
    parts.push({ first, count, x: reduction.received(receive) })
  }
  const whole = combineTree(reduction, wholeTree(size), parts, rank)
  return mine === undefined ? reduction.own(whole, into) : whole
}

/**
 * Binomial trees over the subtrees: after round k, the first rank of a block of 2^k ranks holds what they combine. Returns the subtree's result on
 * its first rank, in memory of its own.
 */
function* climb<X>(collective: Collective, reduction: Reduction<X>, x: X, into?: X): Steps<X> {
  const { rank } = collective
  const subtree = directSubtrees(collective).find((tree) => isIn(tree, rank)) ?? leaf(rank)
  const at = rank - subtree.first
  let combined = x
  let isOwn = false
  for (let distance = 1; distance < subtree.count; distance *= 2) {
    if ((at & distance) !== 0) {
      reduction.send(collective, rank - distance, combined)
      return combined
    }
    if (at + distance >= subtree.count) continue
    const receive = reduction.receive(collective, rank + distance)
    yield receive
    if (!isOwn) combined = reduction.own(x, into)
    isOwn = true
    combined = reduction.combine(combined, reduction.received(receive), 'lower')
  }
  return isOwn ? combined : reduction.own(x, into)
}
