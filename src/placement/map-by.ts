import { ExitStatus, MpirunError } from '../base/errors.ts'
import { listHosts } from './host-list.ts'
import { MAX_COUNT } from './host-name.ts'
import type { Allocation, Node, PlacedNode, PlacedRank, Placement } from './placement.ts'

/** In which order ranks go to nodes: fill a node's slots, one to each node in turn, or one for each line of the hostfile. */
export type MapBy = 'slot' | 'node' | 'seq'

export interface PlaceOptions {
  readonly mapBy: MapBy
  /** `-N`, `--map-by ppr:N:node`: never more ranks than this on a node. */
  readonly perNode?: number
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
interface Room {
  readonly node: Node
  readonly fill: number
  readonly limit: number
}

/**
 * Gives every rank its node. World ranks are numbered over `apps` from left to right; without `np` a program gets every slot that
 * is left. Where ranks may exceed slots, slots are filled first, then each node in turn gets one more.
 * Throws ERR_SLOTS (exit status 2) when the ranks do not fit, ERR_USAGE when two programs lack their number of ranks.
 */
export function place(allocation: Allocation, apps: readonly AppRanks[], options: PlaceOptions): Placement {
  const nodes = allocation.nodes.filter((node) => options.noLocal?.(node) !== true)
  if (nodes.length === 0) {
    throw slotsError(
      `Cannot place ranks: --nolocal leaves no node of ${allocation.source}. Drop --nolocal, or add a node.`,
    )
  }
  const rooms = nodes.map((node) => roomOf(node, options))
  const turns = options.mapBy === 'seq' ? sequenceOf(allocation, nodes) : rooms.map((_, index) => index)
  const total = options.mapBy === 'seq' ? turns.length : sum(rooms.map((room) => options.perNode ?? room.fill))
  const sizes = rankCounts(apps, total, allocation)
  const size = sum(sizes)
  if (size > MAX_COUNT) throw slotsError(`Cannot place ${size} ranks: the most is ${MAX_COUNT}. Lower -np.`)
  if (size > sum(rooms.map((room) => room.limit))) throw tooManyRanks(size, allocation.source, rooms, options)
  return tabulate(rooms, mapRanks(size, rooms, turns, options.mapBy), sizes)
}

function roomOf(node: Node, options: PlaceOptions): Room {
  const mayExceed = options.oversubscribe || !node.slotsDeclared
  const most = mayExceed ? (node.maxSlots ?? Number.POSITIVE_INFINITY) : node.slots
  const limit = Math.min(most, options.perNode ?? Number.POSITIVE_INFINITY)
  return { node, fill: options.perNode === undefined ? Math.min(node.slots, limit) : limit, limit }
}

/** For each line of the hostfile the index of its node, without the nodes that are left out. */
function sequenceOf(allocation: Allocation, nodes: readonly Node[]): number[] {
  const every = allocation.sequence ?? allocation.nodes.flatMap((node, index) => Array<number>(node.slots).fill(index))
  const indexOf = new Map(nodes.map((node, index) => [node, index]))
  return every.flatMap((entry) => {
    const node = allocation.nodes[entry]
    const index = node === undefined ? undefined : indexOf.get(node)
    return index === undefined ? [] : [index]
  })
}

/** Ranks of each program. */
function rankCounts(apps: readonly AppRanks[], total: number, allocation: Allocation): number[] {
  const open = apps.filter((app) => app.np === undefined).length
  const left = total - sum(apps.map((app) => app.np ?? 0))
  if (open > 1) {
    const message = `Cannot share ${total} slots among ${open} programs without -np. Give -np to each program but one.`
    throw new MpirunError('ERR_USAGE', message, { exitStatus: ExitStatus.usage })
  }
  if (open === 1 && left < 1) {
    throw slotsError(
      `Cannot place the program without -np: ${allocation.source} has ${total} slots, all taken by the others. Give it -np.`,
    )
  }
  return apps.map((app) => app.np ?? left)
}

/** The index into `rooms` for each world rank; `turns` are the indices in the order in which nodes take their turn. */
function mapRanks(size: number, rooms: readonly Room[], turns: readonly number[], mapBy: MapBy): number[] {
  const counts = rooms.map(() => 0)
  const order: number[] = []
  const takeTurns = (indices: Iterable<number>, limitOf: (room: Room) => number): void => {
    let isProgress = true
    while (order.length < size && isProgress) {
      isProgress = false
      for (const index of indices) {
        const [room, count] = [rooms[index], counts[index] ?? 0]
        if (room === undefined || order.length === size || count >= limitOf(room)) continue
        counts[index] = count + 1
        order.push(index)
        isProgress = true
      }
    }
  }
  if (mapBy === 'slot') for (const index of turns) takeTurns([index], (room) => room.fill)
  if (mapBy === 'node') takeTurns(turns, (room) => room.fill)
  takeTurns(turns, (room) => room.limit)
  // Ranks of a node are neighbours when mapped by slot, also those that came in the second round.
  return mapBy === 'slot' ? order.sort((left, right) => left - right) : order
}

function tabulate(rooms: readonly Room[], nodeOfRank: readonly number[], sizes: readonly number[]): Placement {
  const ranksOf = new Map<number, PlacedRank[]>()
  let app = 0
  let appEnd = sizes[0] ?? 0
  for (const [rank, index] of nodeOfRank.entries()) {
    while (rank >= appEnd && app < sizes.length - 1) appEnd += sizes[++app] ?? 0
    const ranks = ranksOf.get(index) ?? []
    ranks.push({ rank, localRank: ranks.length, app })
    ranksOf.set(index, ranks)
  }
  const nodes: PlacedNode[] = []
  for (const [index, ranks] of ranksOf) {
    const room = rooms[index]
    if (room !== undefined) nodes.push({ ...room.node, id: nodes.length, ranks })
  }
  return { size: nodeOfRank.length, nodes }
}

function tooManyRanks(size: number, source: string, rooms: readonly Room[], options: PlaceOptions): MpirunError {
  const what = `Cannot place ${size} rank${size === 1 ? '' : 's'}:`
  const { perNode } = options
  if (perNode !== undefined && size > perNode * rooms.length) {
    const wanted = `${perNode} on each of ${rooms.length} node${rooms.length === 1 ? '' : 's'}`
    return slotsError(
      `${what} -N (ppr) allows ${wanted}, that is ${perNode * rooms.length}. Lower -np, raise -N, or add nodes.`,
    )
  }
  if (options.oversubscribe) {
    const limits = listHosts(rooms.map(({ node, limit }) => `${node.name}: ${limit}`))
    const most = sum(rooms.map((room) => room.limit))
    return slotsError(
      `${what} even with --oversubscribe ${source} allows ${most} (${limits}). Lower -np, or raise max_slots.`,
    )
  }
  const ways = `Lower -np${perNode === undefined ? '' : ' or -N'}, add slots, or pass --oversubscribe.`
  const slots = sum(rooms.map(({ node }) => node.slots))
  const perHost = listHosts(rooms.map(({ node }) => `${node.name}: ${node.slots}`))
  return slotsError(`${what} ${source} has ${slots} slot${slots === 1 ? '' : 's'} (${perHost}). ${ways}`)
}

function slotsError(message: string): MpirunError {
  return new MpirunError('ERR_SLOTS', message, { exitStatus: ExitStatus.usage })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
