import type { InPlace } from '../../terms/constants.ts'
import type { View } from '../../datatypes/datatype.ts'
import { toOp } from '../../operations/reduce-op.ts'
import { argumentError, checkApart, checkRoot, checkSameType, checkView, isInPlace } from '../call/arguments.ts'
import { isByNode } from '../by-messages/choice.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import { receiveLike } from '../by-messages/combine-blocks.ts'
import { climb } from '../by-messages/combine-by-node.ts'
import { isIn, wholeTree } from '../../groups/evaluation-tree.ts'
import { type Combined, combineTree } from '../by-messages/combine-tree.ts'
import { type Reduction, reductionOf, reductionOfViews } from '../call/reduction.ts'
import type { Plan } from '../call/run.ts'
import type { Steps } from '../call/steps.ts'

/**
 * MPI_Reduce (MPI 4.1 §6.9.1): `x` of all ranks combined on root, undefined on the others. The order of evaluation is
 * ((0+1)+(2+3))+…, whatever the root. Throws ERR_ROOT, ERR_OP, ERR_TYPE.
 */
export function reduce<X>(members: Members, x: X, op: unknown, root: number): Plan<X | undefined> {
  checkRoot(members, 'reduce', root)
  const call = 'reduce'
  const reduction = reductionOf(members, call, x, op)
  const collective = new Collective(members, { call, root, op: reduction.op, type: reduction.type })
  return { collective, steps: combineOnRoot(collective, reduction, x, root) }
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
  const collective = new Collective(members, { call, root, op, type: reduction.type })
  return { collective, steps: intoView(combineOnRoot(collective, reduction, contribution, root, result ?? undefined)) }
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
  const subtrees = isByNode(collective) ? collective.nodes.subtrees : [wholeTree(size)]
  const tree = subtrees.find((subtree) => isIn(subtree, rank)) ?? wholeTree(size)
  const mine = tree.first === rank ? tree : undefined
  if (rank !== root) {
    const combined = yield* climb(collective, reduction, tree, x)
    if (mine !== undefined) reduction.send(collective, root, combined)
    return undefined
  }
  const receives = subtrees
    .filter((subtree) => subtree !== mine)
    .map((subtree) => ({ ...subtree, receive: receiveLike(collective, subtree.first, x) }))
  const combined = yield* climb(collective, reduction, tree, x, mine === undefined ? undefined : into)
  const parts: Combined<X>[] = mine === undefined ? [] : [{ ...mine, x: combined }]
  for (const { first, count, receive } of receives) {
    yield receive
    parts.push({ first, count, x: reduction.received(receive) })
  }
  const whole = combineTree(reduction, wholeTree(size), parts, rank)
  return mine === undefined ? reduction.own(whole, into) : whole
}
