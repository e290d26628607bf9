import type { InPlace } from '../constants.ts'
import { bytesOf, type View } from '../datatype.ts'
import { toOp } from '../reduce-op.ts'
import { argumentError, checkApart, checkRoot, checkSameType, checkView, isInPlace } from './arguments.ts'
import { Collective, type Members } from './collective.ts'
import { type Reduction, reductionOf, reductionOfViews } from './reduction.ts'
import type { Plan } from './run.ts'
import type { Steps } from './steps.ts'

/**
 * MPI_Reduce (MPI 4.1 §6.9.1): `x` of all ranks combined on root, undefined on the others. The order of evaluation is
 * ((0+1)+(2+3))+…, whatever the root. Throws ERR_ROOT, ERR_OP, ERR_TYPE.
 */
export function reduce<X>(members: Members, x: X, op: unknown, root: number): Plan<X | undefined> {
  checkRoot(members, 'reduce', root)
  const reduction = reductionOf(members, 'reduce', x, op)
  const collective = new Collective(members, { call: 'reduce', root, op: reduction.op, type: reduction.type })
  return { collective, steps: combineOnRoot(collective, reduction, x, root) }
}

/** MPI_Reduce of views: `recv` is needed on root only; IN_PLACE there means that `recv` holds root's contribution. */
export function reduceInto(
  members: Members,
  send: View | InPlace,
  recv: View | null,
  op: unknown,
  root: number,
): Plan<void> {
  checkRoot(members, 'reduceInto', root)
  const { contribution, result } = reduceViews(members, 'reduceInto', send, members.rank === root ? recv : null, root)
  const reduction = reductionOfViews(
    members,
    'reduceInto',
    contribution,
    toOp(op, members.collectives.engine.rank, 'reduceInto'),
  )
  const collective = new Collective(members, { call: 'reduceInto', root, op: reduction.op, type: reduction.type })
  return { collective, steps: combineInto(collective, reduction, contribution, result, root) }
}

function* combineInto(
  collective: Collective,
  reduction: Reduction<View>,
  contribution: View,
  result: View | null,
  root: number,
): Steps<void> {
  const combined = yield* combineOnRoot(collective, reduction, contribution, root, result ?? undefined)
  if (combined !== undefined && result !== null && combined !== result) bytesOf(result).set(bytesOf(combined))
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
export function* combineOnRoot<X>(
  collective: Collective,
  reduction: Reduction<X>,
  x: X,
  root: number,
  into?: X,
): Steps<X | undefined> {
  const { rank } = collective
  const combined = yield* combineOnZero(collective, reduction, x, rank === root ? into : undefined)
  // The tree is that of root 0 for every root, so that the result does not depend on the root.
  if (root === 0) return rank === 0 ? combined : undefined
  if (rank === 0) reduction.send(collective, root, combined)
  if (rank !== root) return undefined
  const receive = reduction.receive(collective, 0)
  yield receive
  return reduction.own(reduction.received(receive), into)
}

/**
 * Binomial tree over contiguous ranges of ranks: after round k, rank r (a multiple of 2^k) holds ranks r … r+2^k-1 combined in order.
 * Returns the result on rank 0, in memory of its own unless there is one rank only.
 */
function* combineOnZero<X>(collective: Collective, reduction: Reduction<X>, x: X, into?: X): Steps<X> {
  const { rank, size } = collective
  let combined = x
  let isOwn = false
  for (let distance = 1; distance < size; distance *= 2) {
    if ((rank & distance) !== 0) {
      reduction.send(collective, rank - distance, combined)
      return combined
    }
    if (rank + distance >= size) continue
    const receive = reduction.receive(collective, rank + distance)
    yield receive
    if (!isOwn) combined = reduction.own(x, into)
    isOwn = true
    combined = reduction.combine(combined, reduction.received(receive), 'lower')
  }
  return isOwn ? combined : reduction.own(x, into)
}
