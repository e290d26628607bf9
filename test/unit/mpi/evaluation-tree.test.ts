import { expect } from 'chai'
import { halvesOf, leaf, type Subtree, subtreesWithin, wholeTree } from '../../../src/mpi/groups/evaluation-tree.ts'
import { combineTree } from '../../../src/mpi/collectives/by-messages/combine-tree.ts'
import type { Reduction } from '../../../src/mpi/collectives/call/reduction.ts'
import { binomialTree, chains } from '../../../src/mpi/collectives/by-messages/trees.ts'
import { NodeTable } from '../../../src/mpi/groups/node-table.ts'
import { RankTable } from '../../../src/mpi/groups/rank-table.ts'
import { Random, testSeed } from '../../support/random.ts'

/** A result, and the rank in whose memory it lies. */
interface Term {
  readonly text: string
  readonly memory: number
}

// Only what combineTree() calls.
const reduction = {
  combine: (lower: Term, higher: Term, mine: 'lower' | 'higher') => ({
    text: `(${lower.text}+${higher.text})`,
    memory: mine === 'lower' ? lower.memory : higher.memory,
  }),
} as unknown as Reduction<Term>

const leavesOf = ({ first, count }: Subtree) =>
  Array.from({ length: count }, (_, i) => ({ ...leaf(first + i), x: { text: `${first + i}`, memory: first + i } }))

describe('the order of evaluation', () => {
  it('is that of the standard text for a few sizes', () => {
    const text = (size: number): string => combineTree(reduction, wholeTree(size), leavesOf(wholeTree(size)), 0).text
    expect(text(1)).to.equal('0')
    expect(text(4)).to.equal('((0+1)+(2+3))')
    expect(text(7)).to.equal('(((0+1)+(2+3))+((4+5)+6))')
  })

  it('is the same whatever is combined before, and the result lies where it is wanted', () => {
    const random = new Random(testSeed())
    for (let i = 0; i < 300; i += 1) {
      const tree = wholeTree(1 + random.below(20))
      const wanted = combineTree(reduction, tree, leavesOf(tree), 0).text
      const rank = random.below(tree.count)
      const parts = subtreesWithin(tree, () => random.chance(0.3)).map((part) => ({
        ...part,
        x: { ...combineTree(reduction, part, leavesOf(part), part.first), memory: part.first },
      }))
      const own = parts.find(({ first, count }) => rank >= first && rank < first + count)
      expect(combineTree(reduction, tree, parts, rank)).to.deep.equal({ text: wanted, memory: own?.first })
      const kept = combineTree(reduction, tree, leavesOf(tree), rank, true)
      expect(kept.text).to.equal(wanted)
      if (tree.count > 1) expect(kept.memory).not.to.equal(rank)
    }
  })

  it('halves at the greatest power of two', () => {
    expect(halvesOf({ first: 8, count: 6 })).to.deep.equal([
      { first: 8, count: 4 },
      { first: 12, count: 2 },
    ])
  })
})

describe('trees over nodes', () => {
  it('reach every rank once from every root, and each node once', () => {
    const random = new Random(testSeed())
    for (let i = 0; i < 300; i += 1) {
      const size = 1 + random.below(12)
      const nodeOf = Array.from({ length: size }, () => random.below(4))
      const nodes = new NodeTable(RankTable.world(size, 0), (world) => nodeOf[world] ?? 0)
      const root = random.below(size)
      for (const tree of [binomialTree, chains]) {
        const places = Array.from({ length: size }, (_, rank) => tree({ rank, size, nodes }, root))
        const edges = places.flatMap(({ children }, rank) => children.map((child) => ({ rank, child })))
        expect(places[root]?.parent).to.equal(-1)
        expect(edges.map(({ child }) => child).sort((a, b) => a - b)).to.deep.equal(
          Array.from({ length: size }, (_, rank) => rank).filter((rank) => rank !== root),
        )
        for (const { rank, child } of edges) expect(places[child]?.parent).to.equal(rank)
        const crossing = edges.filter(({ rank, child }) => nodeOf[rank] !== nodeOf[child])
        expect(crossing).to.have.length(nodes.count - 1)
        if (tree === chains) for (const { children } of places) expect(children.length).to.be.at.most(2)
      }
    }
  })
})

describe('NodeTable', () => {
  it('knows what can be combined on one node', () => {
    const subtreesOf = (nodeOf: readonly number[]) =>
      new NodeTable(RankTable.world(nodeOf.length, 0), (world) => nodeOf[world] ?? 0).subtrees.map(
        ({ first, count }) => [first, count],
      )
    expect(subtreesOf([5, 5, 5, 5])).to.deep.equal([[0, 4]])
    expect(subtreesOf([0, 0, 0, 1, 1, 1])).to.deep.equal([
      [0, 2],
      [2, 1],
      [3, 1],
      [4, 2],
    ])
    expect(subtreesOf([0, 1, 0, 1])).to.deep.equal([
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 1],
    ])
  })
})
