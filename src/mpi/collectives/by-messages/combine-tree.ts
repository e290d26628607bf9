import { halvesOf, isIn, type Subtree } from '../../groups/evaluation-tree.ts'
import type { Reduction } from '../call/reduction.ts'

/** What a subtree has given. */
export interface Combined<X> extends Subtree {
  readonly x: X
}

/**
 * Combines what the parts of a tree have given, in its order. All parts may be written to, except, with `keeps`, that of `rank`. The result lies
 * in the memory of the part that `rank` is in, or, with `keeps`, in that of another one where there is one.
 */
export function combineTree<X>(
  reduction: Reduction<X>,
  tree: Subtree,
  parts: readonly Combined<X>[],
  rank: number,
  keeps: boolean = false,
): X {
  const byFirst = new Map(parts.map((part) => [part.first, part]))
  const evaluate = (subtree: Subtree): X => {
    const part = byFirst.get(subtree.first)
    if (part !== undefined && part.count === subtree.count) return part.x
    if (subtree.count === 1) throw new RangeError(`nothing is known of rank ${subtree.first}`)
    const [lower, higher] = halvesOf(subtree)
    // Of two parts that are not this rank's either may be written to.
    const isHigher = isIn(subtree, rank) && isIn(higher, rank) !== keeps
    return reduction.combine(evaluate(lower), evaluate(higher), isHigher ? 'higher' : 'lower')
  }
  return evaluate(tree)
}
