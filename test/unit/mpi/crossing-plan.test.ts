import { expect } from 'chai'
import { CrossingPlan } from '../../../src/mpi/collectives/over-nodes/crossing-plan.ts'
import { NodeTable } from '../../../src/mpi/groups/node-table.ts'
import { RankTable } from '../../../src/mpi/groups/rank-table.ts'

/** The plan of each rank, where `nodeOfRank` says on which node it is. */
function plansOf(nodeOfRank: readonly number[]): CrossingPlan[] {
  const ranks = nodeOfRank.map((_, rank) => rank)
  return ranks.map((rank) => {
    const table = new NodeTable(RankTable.of(ranks, rank), (world) => nodeOfRank[world] ?? 0)
    return new CrossingPlan(table, rank, ranks.length)
  })
}

const LAYOUTS: Readonly<Record<string, readonly number[]>> = {
  'blocks of four on three nodes': [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2],
  'uneven blocks': [0, 0, 0, 1, 1, 1, 2, 2],
  'ranks in turn': [0, 1, 2, 0, 1, 2, 0, 1],
  'a node of one': [0, 1, 1, 1, 1, 1],
  'a node for each rank': [0, 1, 2, 3, 4],
}

describe('how reductions cross between nodes', () => {
  for (const [name, nodeOfRank] of Object.entries(LAYOUTS)) {
    const plans = plansOf(nodeOfRank)
    const nodes = Math.max(...nodeOfRank) + 1

    it(`has one rank of each two nodes talk with one of the other: ${name}`, () => {
      const pairs = plans.flatMap(({ node, partners }, rank) => partners.map((other) => ({ rank, node, other })))
      const said = pairs.map(({ node, other }) => `${node} ${other.node}`)
      expect(new Set(said).size).to.equal(said.length)
      expect(said).to.have.length(nodes * (nodes - 1))
      for (const { rank, node, other } of pairs) {
        expect(nodeOfRank[other.rank]).to.equal(other.node)
        expect(plans[other.rank]?.partners).to.deep.include({ node, rank })
      }
    })

    it(`keeps the order of evaluation: ${name}`, () => {
      const text = (tree: readonly number[]): string => {
        if (tree.length === 1) return String(tree[0])
        const half = 2 ** Math.ceil(Math.log2(tree.length) - 1)
        return `(${text(tree.slice(0, half))}+${text(tree.slice(half))})`
      }
      for (const { own, others, pairings } of plans) {
        const parts: string[] = []
        for (const { index, first, count } of [...own, ...others]) {
          parts[index] = text(Array.from({ length: count }, (_, i) => first + i))
        }
        for (const { lower, higher } of pairings) parts[lower] = `(${parts[lower]}+${parts[higher]})`
        expect(parts[0]).to.equal(text(nodeOfRank.map((_, rank) => rank)))
      }
    })

    it(`has room for all slices that a node is given: ${name}`, () => {
      for (const { node, others, nodes: count, pieceBytes, memberBytes } of plans) {
        const held = Math.ceil(others.length / nodeOfRank.filter((one) => one === node).length)
        expect(pieceBytes + (held * pieceBytes) / count).to.be.at.most(memberBytes)
        expect(pieceBytes).to.equal(plans[0]?.pieceBytes)
      }
    })
  }

  it('gives ranks less memory where a node has many', () => {
    const [plan] = plansOf(Array.from({ length: 80 }, (_, rank) => Math.floor(rank / 40)))
    expect((plan?.memberBytes ?? 0) * 40).to.be.below(32 * 2 ** 20)
  })
})
