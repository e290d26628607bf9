import type { Collective } from '../call/collective.ts'
import { receiveLike } from './combine-blocks.ts'
import { isIn, leaf, type Subtree, wholeTree } from '../../groups/evaluation-tree.ts'
import { type Combined, combineTree } from './combine-tree.ts'
import type { Reduction } from '../call/reduction.ts'
import type { Steps } from '../call/steps.ts'
import { nodeTree } from './trees.ts'

/**
 * What the subtrees of a node combine goes to its head; the heads give it to each other, combine it, and pass the result on within their nodes: one
 * round between nodes, with as few messages as there are subtrees.
 */
export function* combineByNode<X>(collective: Collective, reduction: Reduction<X>, x: X, into?: X): Steps<X> {
  const { rank, nodes } = collective
  const { parent, children } = nodeTree(collective)
  const mine = nodes.subtrees.find((subtree) => isIn(subtree, rank)) ?? leaf(rank)
  let result: X
  if (parent < 0) {
    result = yield* combineAsHead(collective, reduction, mine, x, into)
  } else {
    const combined = yield* climb(collective, reduction, mine, x)
    if (mine.first === rank) reduction.send(collective, nodes.heads[nodes.of(rank)] ?? 0, combined)
    const receive = reduction.receive(collective, parent)
    yield receive
    result = reduction.own(reduction.received(receive), into)
  }
  for (const child of children) reduction.send(collective, child, result)
  return result
}

function* combineAsHead<X>(collective: Collective, reduction: Reduction<X>, mine: Subtree, x: X, into?: X): Steps<X> {
  const { rank, size, nodes } = collective
  const others = nodes.heads.filter((head) => head !== rank)
  // A head's own subtree is the first of its node; each sends those of its node in their order.
  const receives = nodes.subtrees
    .filter((subtree) => subtree !== mine)
    .map((subtree) => {
      const isHere = nodes.of(subtree.first) === nodes.of(rank)
      const source = isHere ? subtree.first : (nodes.heads[nodes.of(subtree.first)] ?? 0)
      return { ...subtree, isHere, receive: receiveLike(collective, source, x) }
    })
  const combined = yield* climb(collective, reduction, mine, x, into)
  for (const head of others) reduction.send(collective, head, combined)
  const parts: Combined<X>[] = [{ ...mine, x: combined }]
  // Those of this node first: others wait for them.
  for (const { first, count, isHere, receive } of receives.sort(
    (one, other) => Number(other.isHere) - Number(one.isHere),
  )) {
    yield receive
    const given = reduction.received(receive)
    parts.push({ first, count, x: given })
    if (isHere) for (const head of others) reduction.send(collective, head, given)
  }
  // The result is written to memory that is sent from.
  yield* collective.haveLeft()
  return combineTree(reduction, wholeTree(size), parts, rank)
}

/**
 * A binomial tree over a subtree: after round k, the first rank of a block of 2^k ranks holds what they combine. Returns the subtree's result on its
 * first rank, in memory of its own.
 */
export function* climb<X>(
  collective: Collective,
  reduction: Reduction<X>,
  { first, count }: Subtree,
  x: X,
  into?: X,
): Steps<X> {
  const { rank } = collective
  const at = rank - first
  let combined = x
  let isOwn = false
  for (let distance = 1; distance < count; distance *= 2) {
    if ((at & distance) !== 0) {
      reduction.send(collective, rank - distance, combined)
      return combined
    }
    if (at + distance >= count) continue
    const receive = reduction.receive(collective, rank + distance)
    yield receive
    if (!isOwn) combined = reduction.own(x, into)
    isOwn = true
    combined = reduction.combine(combined, reduction.received(receive), 'lower')
  }
  return isOwn ? combined : reduction.own(x, into)
}
