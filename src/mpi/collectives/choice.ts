import type { Members } from './collective.ts'
import { type Subtree, wholeTree } from './evaluation-tree.ts'

const KIB = 1024

/** Calls of views that have an algorithm for long ones. */
export type LongCall = 'bcastInto' | 'allgatherInto' | 'allreduce' | 'allreduceInto' | 'reduce' | 'reduceInto'

/**
 * From how many bytes on a call of views takes its algorithm for long ones: of the view that is spread or combined, of all blocks together that
 * are gathered. Measured, see docs/collectives.md, which has the table of algorithms. All ranks choose alike, because they give alike what the
 * choice depends on; that they do is part of the call's signature.
 */
const LONG_BYTES: Readonly<Record<LongCall, number>> = {
  /** Chains instead of binomial trees. */
  bcastInto: 256 * KIB,
  /** Blocks go round the nodes instead of directly from each to all others. */
  allgatherInto: 256 * KIB,
  /** Blocks combined by their owners instead of whole views by recursive doubling. */
  allreduce: 16 * KIB,
  allreduceInto: 16 * KIB,
  /** The same instead of a tree. */
  reduce: 64 * KIB,
  reduceInto: 64 * KIB,
}

/** Whether a call takes its algorithm for long views. */
export function isLong(members: Members, call: LongCall, bytes: number): boolean {
  return members.size > 2 && bytes >= LONG_BYTES[call]
}

/** Results of subtrees that a rank takes directly from wherever they are, at most. */
const MOST_DIRECT = 8

/**
 * Subtrees of which a short reduction combines each on its own, and then all of them at once wherever the result is wanted. Those that are on one
 * node each, where they are few: then one message takes it from node to node. Otherwise all ranks together: of two subtrees that is the same, and
 * with many a tree has fewer messages.
 */
export function directSubtrees({ nodes, size }: Pick<Members, 'nodes' | 'size'>): readonly Subtree[] {
  const { subtrees } = nodes
  return subtrees.length > 2 && subtrees.length <= MOST_DIRECT ? subtrees : [wholeTree(size)]
}
