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

/** How many of `count` ≥ 2 ranks are in the lower half of their tree. */
export function lowerHalf(count: number): number {
  let lower = 1
  while (lower * 2 < count) lower *= 2
  return lower
}

/** The two subtrees of one of at least two ranks. */
export function halvesOf({ first, count }: Subtree): [lower: Subtree, higher: Subtree] {
  const lower = lowerHalf(count)
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
