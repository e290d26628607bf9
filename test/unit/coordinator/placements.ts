import type { Placement } from '../../../src/placement/placement.ts'

/** `nodes` nodes node0, node1, … with `ranksPerNode` ranks each, filled one after the other. */
export function placementOf(nodes: number, ranksPerNode: number): Placement {
  return {
    size: nodes * ranksPerNode,
    nodes: Array.from({ length: nodes }, (_, id) => ({
      name: `node${id}`,
      slots: ranksPerNode,
      slotsDeclared: true,
      id,
      ranks: Array.from({ length: ranksPerNode }, (__, localRank) => ({
        rank: id * ranksPerNode + localRank,
        localRank,
        app: 0,
      })),
    })),
  }
}
