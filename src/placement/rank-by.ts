import type { PlaceOptions } from './rooms.ts'

/**
 * Numbers the ranks of one program anew (--rank-by): `slot` gives neighbouring ranks to a node, `node` deals them out, one to each
 * node in turn. `order`: the node of each rank as an index; so is the result.
 */
export function numberRanks(order: readonly number[], options: PlaceOptions): readonly number[] {
  const rankBy = options.rankBy ?? (options.mapBy === 'span' ? 'slot' : undefined)
  if (rankBy === undefined) return order
  const byNode = order.toSorted((left, right) => left - right)
  if (rankBy === 'slot') return byNode
  const seen = new Map<number, number>()
  return byNode
    .map((node) => {
      const round = seen.get(node) ?? 0
      seen.set(node, round + 1)
      return { node, round }
    })
    .toSorted((left, right) => left.round - right.round)
    .map(({ node }) => node)
}
