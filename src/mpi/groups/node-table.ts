import { ranksByNode } from '../../base/ranks-by-node.ts'
import { type Subtree, subtreesWithin, wholeTree } from './evaluation-tree.ts'
import type { RankTable } from './rank-table.ts'

/** On which nodes the ranks of a communicator are. Nodes are numbered here in the order of their lowest ranks. */
export class NodeTable {
  /** Ranks by node, in order. */
  readonly nodes: readonly (readonly number[])[]
  private readonly nodeOfRank: readonly number[]
  private readonly placeOfRank: readonly number[]
  private knownSubtrees: readonly Subtree[] | null = null

  /** `nodeOfWorld`: the node of a world rank. */
  constructor(ranks: RankTable, nodeOfWorld: (world: number) => number) {
    const nodes = ranksByNode(ranks.size, (rank) => nodeOfWorld(ranks.worldOf(rank)))
    const nodeOfRank = new Array<number>(ranks.size).fill(0)
    const placeOfRank = new Array<number>(ranks.size).fill(0)
    for (const [node, members] of nodes.entries()) {
      for (const [place, rank] of members.entries()) {
        nodeOfRank[rank] = node
        placeOfRank[rank] = place
      }
    }
    this.nodes = nodes
    this.nodeOfRank = nodeOfRank
    this.placeOfRank = placeOfRank
  }

  /** The lowest rank of each node. */
  get heads(): readonly number[] {
    return this.nodes.map((ranks) => ranks[0] ?? 0)
  }

  /** Number of nodes. */
  get count(): number {
    return this.nodes.length
  }

  /** The node of a rank. */
  of(rank: number): number {
    return this.nodeOfRank[rank] ?? 0
  }

  /** The ranks of a node, in order. */
  ranksOn(node: number): readonly number[] {
    return this.nodes[node] ?? []
  }

  /** Which of the ranks of its node a rank is: 0, 1, … */
  placeOf(rank: number): number {
    return this.placeOfRank[rank] ?? 0
  }

  /** The largest subtrees of a reduction whose ranks are on one node each: what can be combined before it crosses to another node. */
  get subtrees(): readonly Subtree[] {
    const isTogether = ({ first, count }: Subtree): boolean => {
      for (let rank = first + 1; rank < first + count; rank += 1) if (this.of(rank) !== this.of(first)) return false
      return true
    }
    this.knownSubtrees ??= subtreesWithin(wholeTree(this.nodeOfRank.length), isTogether)
    return this.knownSubtrees
  }
}
