import { ExitStatus, MpirunError } from '../base/errors.ts'
import { MAX_COUNT } from './host-name.ts'
import { placeEach } from './place-each.ts'
import { slotsError, sum, tooManyRanks } from './place-errors.ts'
import type { Allocation, Node, PlacedNode, PlacedRank, Placement } from './placement.ts'
import { mapRanks } from './map-ranks.ts'
import { numberRanks } from './rank-by.ts'
import { type AppRanks, type Order, type PlaceOptions, type Room, roomOf, wantedRanks } from './rooms.ts'

/**
 * Gives every rank its node. World ranks are numbered over `apps` from left to right; without `np` a program gets every slot that
 * is left. Where ranks may exceed slots, slots are filled first, then each node in turn gets one more.
 * Throws ERR_SLOTS (exit status 2) when the ranks do not fit, ERR_USAGE when two programs lack their number of ranks.
 */
export function place(allocation: Allocation, apps: readonly AppRanks[], options: PlaceOptions): Placement {
  const isOut = (node: Node): boolean => options.noLocal?.(node) === true
  if (allocation.nodes.every(isOut)) {
    throw slotsError(
      `Cannot place ranks: --nolocal leaves no node of ${allocation.source}. Drop --nolocal, or add a node.`,
    )
  }
  const isCounted =
    [allocation.perProgram, options.perNode].some((given) => given !== undefined) ||
    apps.every(({ np }) => np !== undefined)
  const rooms = allocation.nodes.map((node) => (isOut(node) ? noRoom(node) : roomOf(node, options, isCounted)))
  const { order, sizes } =
    allocation.perProgram === undefined
      ? placeTogether(allocation, apps, rooms, options)
      : placeEach(allocation, apps, rooms, options)
  return tabulate(rooms, order, sizes)
}

function noRoom(node: Node): Room {
  return { node, fill: 0, limit: 0 }
}

function placeTogether(
  allocation: Allocation,
  apps: readonly AppRanks[],
  rooms: readonly Room[],
  options: PlaceOptions,
): Order {
  const turns = options.mapBy === 'seq' ? sequenceOf(allocation, rooms) : rooms.map((_, index) => index)
  const total = options.mapBy === 'seq' ? turns.length : sum(rooms.map((room) => wantedRanks(room, options)))
  const sizes = rankCounts(apps, total, allocation)
  const size = sum(sizes)
  if (size > MAX_COUNT) throw slotsError(`Cannot place ${size} ranks: the most is ${MAX_COUNT}. Lower -np.`)
  if (size > sum(rooms.map((room) => room.limit))) throw tooManyRanks(size, allocation.source, rooms, options)
  const order = mapRanks(size, rooms, turns, options.mapBy)
  let from = 0
  return { order: sizes.flatMap((np) => numberRanks(order.slice(from, (from += np)), options)), sizes }
}

/** For each line of the hostfile the index of its node, without the nodes that are left out. */
function sequenceOf(allocation: Allocation, rooms: readonly Room[]): number[] {
  const every = allocation.sequence ?? allocation.nodes.flatMap((node, index) => Array<number>(node.slots).fill(index))
  return every.filter((index) => (rooms[index]?.limit ?? 0) > 0)
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
