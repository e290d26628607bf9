import type { Members } from '../call/members.ts'

const KIB = 1024

/** Calls of views that have an algorithm for long ones. */
export type LongCall = 'bcastInto' | 'allgatherInto' | 'allreduce' | 'allreduceInto'

/**
 * From how many bytes and nodes on a call of views takes its algorithm for long ones. Bytes: of the view that is spread or combined, of all blocks
 * together that are gathered. Measured, see docs/collectives.md, which has the table of algorithms. All ranks choose alike, because they give alike
 * what the choice depends on; that they do is part of the call's signature.
 */
const LONG: Readonly<Record<LongCall, { readonly bytes: number; readonly nodes: number }>> = {
  /** Chains, in pieces, instead of binomial trees: of two nodes the same bytes leave root in both. */
  bcastInto: { bytes: 512 * KIB, nodes: 3 },
  /** Blocks go round the nodes instead of directly from each to all others: of two nodes that is the same. */
  allgatherInto: { bytes: 256 * KIB, nodes: 3 },
  /** Slices combined by their owners instead of whole views. */
  allreduce: { bytes: 512 * KIB, nodes: 1 },
  allreduceInto: { bytes: 512 * KIB, nodes: 1 },
}

/** Whether a call takes its algorithm for long views. */
export function isLong(members: Members, call: LongCall, bytes: number): boolean {
  const least = LONG[call]
  return bytes >= least.bytes && members.size > 2 && members.nodes.count >= least.nodes
}

/** Results of subtrees that come from everywhere to one rank, at most. */
const MOST_SUBTREES = 16

/**
 * Whether a short reduction goes in two levels: first what can be combined on each node, then all of that at once. Where ranks lie on the nodes in
 * turn that is nothing, and a tree over all of them has fewer messages.
 */
export function isByNode({ nodes, size }: Pick<Members, 'nodes' | 'size'>): boolean {
  const { length } = nodes.subtrees
  return nodes.count > 1 && length < size && length <= MOST_SUBTREES
}
