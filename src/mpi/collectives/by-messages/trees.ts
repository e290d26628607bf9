import type { NodeTable } from '../../groups/node-table.ts'

/** Whom a rank gets from what root spreads, and to whom it passes it on. */
export interface TreePlace {
  /** -1: it is root. */
  readonly parent: number
  readonly children: readonly number[]
}

/** The members of a communicator as trees see them. */
export interface TreeMembers {
  readonly rank: number
  readonly size: number
  readonly nodes: NodeTable
}

/**
 * A binomial tree over the nodes, beginning with root's, between one rank of each; and one over the ranks of each node. So everything comes to a
 * node once.
 */
export function binomialTree(members: TreeMembers, root: number): TreePlace {
  return inTwoLevels(members, root, binomialPlace)
}

/** The same of chains: each rank passes on at most twice, whatever the size, which is for what comes in many pieces. */
export function chains(members: TreeMembers, root: number): TreePlace {
  return inTwoLevels(members, root, (count, index) => ({
    parent: index - 1,
    children: index + 1 < count ? [index + 1] : [],
  }))
}

/** A binomial tree over the ranks of one's own node, beginning with its head, the lowest. */
export function nodeTree(members: TreeMembers): TreePlace {
  const ranks = members.nodes.ranksOn(members.nodes.of(members.rank))
  const { parent, children } = binomialPlace(ranks.length, members.nodes.placeOf(members.rank))
  const rankAt = (index: number): number => ranks[index] ?? members.rank
  return { parent: parent < 0 ? -1 : rankAt(parent), children: children.map(rankAt) }
}

/** A tree of `count` members, of which the first is root; by index. */
type Shape = (count: number, index: number) => TreePlace

function inTwoLevels({ rank, nodes }: TreeMembers, root: number, shape: Shape): TreePlace {
  const headOf = (node: number): number => (node === nodes.of(root) ? root : (nodes.ranksOn(node)[0] ?? root))
  // Nodes counted from root's, ranks of a node from its head.
  const nodeAt = (index: number): number => (nodes.of(root) + index) % nodes.count
  const node = nodes.of(rank)
  const ranks = nodes.ranksOn(node)
  const head = headOf(node)
  const rankAt = (index: number): number => ranks[(nodes.placeOf(head) + index) % ranks.length] ?? head
  const inside = shape(ranks.length, (nodes.placeOf(rank) - nodes.placeOf(head) + ranks.length) % ranks.length)
  const near = inside.children.map(rankAt)
  if (rank !== head) return { parent: rankAt(inside.parent), children: near }
  const between = shape(nodes.count, (node - nodes.of(root) + nodes.count) % nodes.count)
  const far = between.children.map((index) => headOf(nodeAt(index)))
  return { parent: between.parent < 0 ? -1 : headOf(nodeAt(between.parent)), children: [...far, ...near] }
}

/** A member's parent lacks its lowest set bit; children with the largest subtree come first. */
function binomialPlace(count: number, index: number): TreePlace {
  const lowestBit = index === 0 ? 2 ** Math.ceil(Math.log2(count)) : index & -index
  const children: number[] = []
  for (let bit = lowestBit / 2; bit >= 1; bit /= 2) if (index + bit < count) children.push(index + bit)
  return { parent: index === 0 ? -1 : index & (index - 1), children }
}
