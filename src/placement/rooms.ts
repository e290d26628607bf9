import type { Node } from './placement.ts'

/**
 * In which order ranks go to nodes: fill a node's slots, one to each node in turn, or one for each line of the hostfile; `span`: as many to each
 * as `node` gives, numbered as by `slot` (Open MPI's core:span).
 */
export type MapBy = 'slot' | 'node' | 'seq' | 'span'

export interface PlaceOptions {
  readonly mapBy: MapBy
  /** How ranks of a program are numbered once their nodes are found; absent: in the order of the mapping. */
  readonly rankBy?: 'slot' | 'node'
  /** `-N`, `--map-by ppr:N:node`: never more ranks than this on a node. */
  readonly perNode?: number
  /** `pe=N`: slots that each rank takes. */
  readonly slotsPerRank?: number
  /** More ranks than slots, never more than max_slots. */
  readonly oversubscribe: boolean
  /** --nolocal: nodes for which this holds get no ranks. */
  readonly noLocal?: (node: Node) => boolean
}

/** One program of the command line; `np` ranks run it. */
export interface AppRanks {
  readonly np?: number
}

/** A node and how many ranks it may take: up to `fill` before any node gets more, and `limit` in all. */
export interface Room {
  readonly node: Node
  readonly fill: number
  readonly limit: number
}

/** The node of each world rank, as an index into the rooms, and the ranks of each program. */
export interface Order {
  readonly order: readonly number[]
  readonly sizes: readonly number[]
}

/** `isCounted`: the user has said how many ranks there are, in all or on a node. */
export function roomOf(whole: Node, options: PlaceOptions, isCounted: boolean): Room {
  const node = options.slotsPerRank === undefined ? whole : inRanks(whole, options.slotsPerRank)
  const mayExceed = options.oversubscribe || !node.slotsDeclared || (node.isBare && options.perNode !== undefined)
  const declared = isCounted ? Math.max(node.slots, node.mayUse ?? 0) : node.slots
  const most = mayExceed ? (node.maxSlots ?? Number.POSITIVE_INFINITY) : declared
  const limit = Math.min(most, options.perNode ?? Number.POSITIVE_INFINITY)
  return { node, fill: options.perNode === undefined ? Math.min(node.slots, limit) : limit, limit }
}

/** Ranks that a node gets where their number is not given: with -N as many as that says, and an error where they do not fit. */
export function wantedRanks({ fill, limit }: Room, { perNode }: PlaceOptions): number {
  return limit === 0 ? 0 : (perNode ?? fill)
}

/** The node with its slots counted in ranks that take several of them. */
function inRanks(node: Node, slotsPerRank: number): Node {
  const ranksIn = (slots: number): number => Math.floor(slots / slotsPerRank)
  return {
    ...node,
    slots: node.slotsDeclared ? ranksIn(node.slots) : Math.max(1, ranksIn(node.slots)),
    ...(node.maxSlots === undefined ? {} : { maxSlots: ranksIn(node.maxSlots) }),
    ...(node.mayUse === undefined ? {} : { mayUse: ranksIn(node.mayUse) }),
  }
}
