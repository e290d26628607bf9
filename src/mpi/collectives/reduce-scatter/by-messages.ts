import type { InPlace } from '../../terms/constants.ts'
import { copyOfView, isView, subview, type View } from '../../datatypes/datatype.ts'
import { toOp } from '../../operations/reduce-op.ts'
import { argumentError, checkApart, checkSameType, checkView, isInPlace } from '../call/arguments.ts'
import { type Blocks, blocksOf } from '../call/blocks.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import { combineBlocks } from '../by-messages/combine-blocks.ts'
import { reductionOf, reductionOfViews } from '../call/reduction.ts'
import type { Plan } from '../call/run.ts'
import { partsOf } from '../scatter/by-messages.ts'
import type { Steps } from '../call/steps.ts'

/**
 * MPI_Reduce_scatter and MPI_Reduce_scatter_block (MPI 4.1 §6.10): block or part `rank` of what all ranks give, combined in the order of
 * `reduce`. `x`: a view in equal blocks or in those of `counts`, or a list with a part for each rank. Throws ERR_OP, ERR_TYPE, ERR_COUNT.
 */
export function reduceScatter<T>(members: Members, x: unknown, op: unknown, counts?: readonly number[]): Plan<T> {
  const call = 'reduceScatter'
  // Blocks of a view are views of its type, which is T for the caller.
  const parts = isView(x) ? (blocksOfContribution(members, call, x, counts) as T[]) : partsOf<T>(members, call, x)
  const reduction = reductionOf(members, call, parts[members.rank] as T, op)
  const collective = new Collective(members, { call, root: -1, op: reduction.op, type: reduction.type })
  return { collective, steps: combineBlocks(collective, reduction, parts) }
}

/** MPI_Reduce_scatter of views. IN_PLACE as `send`: `recv` holds what is given, and then the result at its beginning. Also ERR_BUFFER. */
export function reduceScatterInto(
  members: Members,
  send: View | InPlace,
  recv: View,
  op: unknown,
  counts?: readonly number[],
): Plan<void> {
  const call = 'reduceScatterInto'
  const { parts, own, into } = reduceScatterViews(members, send, recv, counts)
  const reduction = reductionOfViews(members, call, own, toOp(op, members.collectives.engine.rank, call))
  const collective = new Collective(members, { call, root: -1, op: reduction.op, type: reduction.type })
  return { collective, steps: intoView(combineBlocks(collective, reduction, parts, into)) }
}

/** What a rank gives, by the rank that combines it, its own part of that, and where its result goes. Throws as `reduceScatterInto`. */
export function reduceScatterViews(
  members: Members,
  send: View | InPlace,
  recv: View,
  counts?: readonly number[],
): { parts: View[]; own: View; into: View } {
  const call = 'reduceScatterInto'
  checkView(members, call, 'the receive view', recv)
  if (!isInPlace(send)) {
    checkView(members, call, 'the send view', send)
    checkSameType(members, call, send, recv)
    checkApart(members, call, send, recv)
  }
  // The result is written while the contribution may still be on its way out.
  const parts = blocksOfContribution(members, call, isInPlace(send) ? copyOfView(recv) : send, counts)
  const own = parts[members.rank]
  const into = isInPlace(send) ? subview(recv, 0, own?.length ?? 0) : recv
  if (own === undefined || own.length !== into.length) {
    const reason = `the receive view has ${recv.length} elements, the block of rank ${members.rank} has ${own?.length}`
    throw argumentError(members, 'ERR_COUNT', call, reason)
  }
  return { parts, own, into }
}

/** The blocks of a view, by the rank that combines them. Throws ERR_COUNT where elements are left over, which nobody would combine. */
export function blocksOfContribution(members: Members, call: string, view: View, counts?: readonly number[]): View[] {
  const blocks = blocksOf(members, call, 'the view', view, { counts })
  if (blocks.byteLength < view.byteLength) {
    const reason = `the view has ${view.length} elements, the counts together ${blocks.byteLength / view.BYTES_PER_ELEMENT}`
    throw argumentError(members, 'ERR_COUNT', call, `${reason}; they must be as many`)
  }
  return blocksOfEach(members, blocks)
}

function blocksOfEach({ size }: Members, blocks: Blocks): View[] {
  return Array.from({ length: size }, (_, rank) => blocks.of(rank))
}

function* intoView(steps: Steps<View>): Steps<void> {
  yield* steps
}

/**
 * MPI_Reduce_local (MPI 4.1 §6.9.7): what `lower` and `higher` make together, in new memory; local. Throws ERR_OP, ERR_TYPE, ERR_COUNT.
 */
export function reduceLocal<T>(members: Members, lower: T, higher: T, op: unknown): T {
  const call = 'reduceLocal'
  const reduction = reductionOf(members, call, lower, op)
  if (isView(lower) || isView(higher)) checkAlike(members, call, lower, higher)
  return reduction.combine(reduction.own(lower), reduction.own(higher), 'lower')
}

/** MPI_Reduce_local of views: `recv` becomes `send` op `recv`. Also ERR_BUFFER. */
export function reduceLocalInto(members: Members, send: View, recv: View, op: unknown): void {
  const call = 'reduceLocalInto'
  checkAlike(members, call, send, recv)
  checkApart(members, call, send, recv)
  const reduction = reductionOfViews(members, call, send, toOp(op, members.collectives.engine.rank, call))
  reduction.combine(copyOfView(send), recv, 'higher')
}

function checkAlike(members: Members, call: string, send: unknown, recv: unknown): void {
  checkView(members, call, 'the first view', send)
  checkView(members, call, 'the second view', recv)
  checkSameType(members, call, send, recv)
  if (send.length === recv.length) return
  const lengths = `the views have ${send.length} and ${recv.length} elements`
  throw argumentError(members, 'ERR_COUNT', call, `${lengths}; they must have the same length`)
}
