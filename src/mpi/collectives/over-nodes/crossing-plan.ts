import { halvesOf, type Subtree, wholeTree } from '../../groups/evaluation-tree.ts'
import type { NodeTable } from '../../groups/node-table.ts'

/** Slices begin at a cache line. */
export const LINE_BYTES: number = 64
/** Memory of a rank through which views pass: enough for 1 MiB at one go. Of more ranks on a node each has less. */
const MEMBER_BYTES = 2 * 1024 * 1024
/** Of the 128 MiB that a node has for all communicators. */
const MOST_NODE_BYTES = 32 * 1024 * 1024

/** A subtree (evaluation-tree.ts) whose ranks are on one node. */
export interface NodeSubtree extends Subtree {
  readonly node: number
  /** Number among all subtrees, in their order. */
  readonly index: number
}

/** A node that this rank talks with, for all ranks of its own node. */
export interface Partner {
  readonly node: number
  /** The rank there that does the same. */
  readonly rank: number
}

/** What two subtrees have given is combined in the place of the lower one; by index. */
export interface Pairing {
  readonly lower: number
  readonly higher: number
}

/**
 * Who sends what where when views of ranks on several nodes are combined: each node owns a slice, in which it combines what all subtrees have given. For each
 * pair of nodes one rank of either talks with one of the other, another one for each pair as far as there are ranks: so everything crosses once.
 * Depends on the communicator and the rank alone.
 */
export class CrossingPlan {
  readonly node: number
  /** Nodes, each of which owns a slice. */
  readonly nodes: number
  /** This rank's, in the order of nodes. */
  readonly partners: readonly Partner[]
  readonly own: readonly NodeSubtree[]
  readonly others: readonly NodeSubtree[]
  /** In the order of evaluation; what the last one makes is the result. */
  readonly pairings: readonly Pairing[]
  /** Memory of each rank. */
  readonly memberBytes: number
  /** Bytes of a view that pass at a time, whole lines for each node. Behind them a member has the slices that it holds for its node. */
  readonly pieceBytes: number

  constructor(table: NodeTable, rank: number, size: number) {
    const node = table.of(rank)
    const nodeCount = table.count
    const place = table.placeOf(rank)
    const subtrees = table.subtrees.map((subtree, index) => ({ ...subtree, index, node: table.of(subtree.first) }))
    const nodes = [...Array(nodeCount).keys()]
    this.node = node
    this.nodes = nodeCount
    this.own = subtrees.filter((subtree) => subtree.node === node)
    this.others = subtrees.filter((subtree) => subtree.node !== node)
    this.partners = nodes
      .filter((other) => other !== node && other % table.ranksOn(node).length === place)
      .map((other) => ({ node: other, rank: memberFor(table.ranksOn(other), node) }))
    this.pairings = pairingsOf(size, subtrees)
    const given = new Array<number>(nodeCount).fill(subtrees.length)
    for (const subtree of subtrees) given[subtree.node] = (given[subtree.node] ?? 0) - 1
    const mostHeld = Math.max(...nodes.map((one) => Math.ceil((given[one] ?? 0) / table.ranksOn(one).length)))
    const mostRanks = Math.max(...nodes.map((one) => table.ranksOn(one).length))
    // The memory comes in powers of 2.
    this.memberBytes = Math.min(MEMBER_BYTES, MOST_NODE_BYTES / 2 ** Math.ceil(Math.log2(mostRanks)))
    const lines = LINE_BYTES * nodeCount
    this.pieceBytes = Math.floor(this.memberBytes / (1 + mostHeld / nodeCount) / lines) * lines
  }
}

/** First element of part `part` of `parts`, as equal as whole lines allow; `count` behind the last one. */
export function partBegin(part: number, parts: number, count: number, bytesPerElement: number): number {
  const line = LINE_BYTES / bytesPerElement
  return Math.min(count, Math.ceil(count / parts / line) * line * part)
}

function memberFor(ranks: readonly number[], node: number): number {
  return ranks[node % ranks.length] ?? 0
}

function pairingsOf(size: number, subtrees: readonly NodeSubtree[]): Pairing[] {
  const pairings: Pairing[] = []
  const byFirst = new Map(subtrees.map((subtree) => [subtree.first, subtree]))
  const evaluate = (tree: Subtree): number => {
    const whole = byFirst.get(tree.first)
    if (whole?.count === tree.count) return whole.index
    const [lower, higher] = halvesOf(tree)
    const pairing = { lower: evaluate(lower), higher: evaluate(higher) }
    pairings.push(pairing)
    return pairing.lower
  }
  evaluate(wholeTree(size))
  return pairings
}
