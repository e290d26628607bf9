import type { PlacedNode, PlacedRank, Placement } from './placement.ts'

/**
 * A working directory is of a whole process, and so of an agent with all of its ranks: where ranks of one machine want different ones,
 * the machine becomes as many nodes, each with an agent of its own. `folderOf(app)`: the directory of a program.
 */
export function splitByFolder(placement: Placement, folderOf: (app: number) => string): Placement {
  const nodes = placement.nodes.flatMap((node) => partsOf(node, folderOf))
  const byLowestRank = nodes.toSorted((left, right) => (left.ranks[0]?.rank ?? 0) - (right.ranks[0]?.rank ?? 0))
  return { ...placement, nodes: byLowestRank.map((node, id) => ({ ...node, id })) }
}

function partsOf(node: PlacedNode, folderOf: (app: number) => string): PlacedNode[] {
  const ranksIn = new Map<string, PlacedRank[]>()
  for (const rank of node.ranks) {
    const folder = folderOf(rank.app)
    const ranks = ranksIn.get(folder) ?? []
    ranks.push({ ...rank, localRank: ranks.length })
    ranksIn.set(folder, ranks)
  }
  return [...ranksIn.values()].map((ranks) => ({ ...node, ranks }))
}
