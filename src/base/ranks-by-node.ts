/** The ranks 0 … `size` - 1 of each node, in order; the nodes in the order of their lowest ranks. */
export function ranksByNode(size: number, nodeOf: (rank: number) => number): number[][] {
  const byNode = new Map<number, number[]>()
  for (let rank = 0; rank < size; rank += 1) {
    const node = nodeOf(rank)
    const ranks = byNode.get(node)
    if (ranks === undefined) byNode.set(node, [rank])
    else ranks.push(rank)
  }
  return [...byNode.values()]
}
