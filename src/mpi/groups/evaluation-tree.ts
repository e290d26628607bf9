import type { Reduction } from '../collectives/call/reduction.ts'

/*
 * The order of evaluation of every reduction is ((0+1)+(2+3))+…: of n ranks the first 2^k, with 2^k < n ≤ 2^(k+1), are combined apart from the
 * others, and so on within both. Algorithms differ in where an inner node of this tree is evaluated, never in the tree: so the bits of a result
 * depend on the size of the communicator alone.
 */

/** Ranks `first` … `first + count - 1`, which the tree combines before anything else is added. */
export interface Subtree {
  readonly first: number
  readonly count: number
}

/** What a subtree has given. */
export interface Combined<X> extends Subtree {
  readonly x: X
}

/** The tree of all ranks of a communicator. */
export function wholeTree(size: number): Subtree {
  return { first: 0, count: size }
}

/** The subtree of one rank. */
export function leaf(rank: number): Subtree {
  return { first: rank, count: 1 }
}

export function isIn({ first, count }: Subtree, rank: number): boolean {
  return rank >= first && rank < first + count
}

/** The two subtrees of one of at least two ranks. */
export function halvesOf({ first, count }: Subtree): [lower: Subtree, higher: Subtree] {
  let lower = 1
  while (lower * 2 < count) lower *= 2
  return [
    { first, count: lower },
    { first: first + lower, count: count - lower },
  ]
}

/** The largest subtrees of a tree that are as `isWanted` says, in order; a rank alone always is. */
export function subtreesWithin(tree: Subtree, isWanted: (subtree: Subtree) => boolean): Subtree[] {
  if (tree.count <= 1 || isWanted(tree)) return [tree]
  return halvesOf(tree).flatMap((half) => subtreesWithin(half, isWanted))
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
