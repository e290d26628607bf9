import { isView } from '../../datatypes/datatype.ts'
import type { CollectiveReceive } from '../call/collective-receive.ts'
import type { Collective } from '../call/collective.ts'
import { isIn, leaf, type Subtree, wholeTree } from '../../groups/evaluation-tree.ts'
import { type Combined, combineTree } from './combine-tree.ts'
import type { Reduction } from '../call/reduction.ts'
import type { Steps } from '../call/steps.ts'

/**
 * Block `rank` of what all ranks give, combined in the order of the tree: a reduce-scatter that sends every element directly to where it is
 * combined. Of each subtree whose ranks are on one node, one of them, another for each block, combines the block and sends the result to the block's
 * owner; so what crosses between nodes is one result for each such subtree. `parts`: this rank's blocks, by owner. `into`: memory for the
 * result.
 */
export function* combineBlocks<X>(
  collective: Collective,
  reduction: Reduction<X>,
  parts: readonly X[],
  into?: X,
): Steps<X> {
  const { rank, size } = collective
  const { subtrees } = collective.nodes
  const mine = subtrees.find((subtree) => isIn(subtree, rank)) ?? leaf(rank)
  const collected = receiveBlocks(collective, mine, parts)
  const others = subtrees
    .filter((subtree) => subtree !== mine)
    .map((subtree) => ({
      ...subtree,
      receive: receiveLike(collective, collectorOf(subtree, rank), parts[rank] as X),
    }))
  for (let i = 1; i < mine.count; i += 1) {
    const dest = mine.first + ((rank - mine.first + i) % mine.count)
    for (const [owner, part] of parts.entries()) {
      if (collectorOf(mine, owner) === dest) reduction.send(collective, dest, part)
    }
  }
  // Beginning with the next owner, so that nobody is flooded.
  for (let i = 1; i < size; i += 1) {
    const owner = (rank + i) % size
    const receives = collected.get(owner)
    if (receives === undefined) continue
    const given = yield* leavesOf(reduction, receives)
    given.push({ ...leaf(rank), x: parts[owner] as X })
    reduction.send(collective, owner, combineTree(reduction, mine, given, rank, true))
  }
  const given = yield* leavesOf(reduction, collected.get(rank) ?? [])
  for (const { first, count, receive } of others) {
    yield receive
    given.push({ first, count, x: reduction.received(receive) })
  }
  given.push({ ...leaf(rank), x: reduction.own(parts[rank] as X, into) })
  return combineTree(reduction, wholeTree(size), given, rank)
}

/** The rank of a subtree that combines the block of `owner`: the owner itself where it is in it. */
function collectorOf(subtree: Subtree, owner: number): number {
  return isIn(subtree, owner) ? owner : subtree.first + (owner % subtree.count)
}

/** By owner: what the other ranks of the subtree `mine` send of the blocks that this rank combines. Each sends them in the order of owners. */
function receiveBlocks<X>(
  collective: Collective,
  mine: Subtree,
  parts: readonly X[],
): Map<number, CollectiveReceive[]> {
  const collected = new Map<number, CollectiveReceive[]>()
  for (const [owner, part] of parts.entries()) {
    if (collectorOf(mine, owner) !== collective.rank) continue
    const receives: CollectiveReceive[] = []
    for (let i = 1; i < mine.count; i += 1) {
      const source = mine.first + ((collective.rank - mine.first - i + mine.count) % mine.count)
      receives.push(receiveLike(collective, source, part))
    }
    collected.set(owner, receives)
  }
  return collected
}

function* leavesOf<X>(reduction: Reduction<X>, receives: readonly CollectiveReceive[]): Steps<Combined<X>[]> {
  const leaves: Combined<X>[] = []
  for (const receive of receives) {
    yield receive
    leaves.push({ ...leaf(receive.from), x: reduction.received(receive) })
  }
  return leaves
}

/** Receives a view like `x`, or any value, in memory that lasts until the call ends. */
export function receiveLike(collective: Collective, source: number, x: unknown): CollectiveReceive {
  if (!isView(x)) return collective.receive(source)
  return collective.receiveLike(source, x, collective.borrow(x.byteLength))
}
