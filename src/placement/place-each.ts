import { mapRanks } from './map-ranks.ts'
import { slotsError, sum, tooManyRanks } from './place-errors.ts'
import type { Allocation, Node, ProgramNodes } from './placement.ts'
import { numberRanks } from './rank-by.ts'
import { type AppRanks, type Order, type PlaceOptions, type Room, roomOf, wantedRanks } from './rooms.ts'

/**
 * Places programs of which some have nodes of their own (`-host n1 a : -host n2 b`), one after the other: each on its nodes, or on all,
 * and on no more of a node than the programs before it have left. `rooms` are those of the whole job.
 * Throws ERR_SLOTS (exit status 2) for ranks that do not fit.
 */
export function placeEach(
  allocation: Allocation,
  apps: readonly AppRanks[],
  rooms: readonly Room[],
  options: PlaceOptions,
): Order {
  const used = rooms.map(() => 0)
  const order: number[] = []
  const sizes: number[] = []
  for (const [app, { np }] of apps.entries()) {
    const own = allocation.perProgram?.[app]
    const left = rooms.map((room, index) => roomLeft(room, used[index] ?? 0, own, own?.nodes.get(index), options))
    const turns = turnsOf(own, left, options)
    const size = np ?? (options.mapBy === 'seq' ? turns.length : slotsFor(own, left, options))
    const source = own?.source ?? allocation.source
    if (size === 0) {
      throw slotsError(`Cannot place program ${app + 1} without -np: no slot of ${source} is left. Give it -np.`)
    }
    if (size > sum(left.map(({ limit }) => limit))) {
      const named =
        own === undefined ? rooms : [...own.nodes].map(([index, node]) => ({ ...left[index], node }) as Room)
      throw tooManyRanks(size, source, named, options)
    }
    const nodes = numberRanks(mapRanks(size, left, turns, options.mapBy), options)
    for (const node of nodes) used[node] = (used[node] ?? 0) + 1
    for (const node of nodes) order.push(node)
    sizes.push(size)
  }
  return { order, sizes }
}

/** What a node of the job has for one more program; `named`: the same as a node of that program's own. */
function roomLeft(
  room: Room,
  used: number,
  own: ProgramNodes | undefined,
  named: Node | undefined,
  options: PlaceOptions,
): Room {
  const left = { node: room.node, fill: Math.max(0, room.fill - used), limit: Math.max(0, room.limit - used) }
  if (own === undefined) return left
  if (named === undefined) return { node: room.node, fill: 0, limit: 0 }
  const { node, fill, limit } = roomOf(named, options, true)
  return { node, fill: Math.min(fill, left.fill), limit: Math.min(limit, left.limit) }
}

/** Ranks of a program without -np: every slot that is left, of its own nodes as many as it has named. */
function slotsFor(own: ProgramNodes | undefined, left: readonly Room[], options: PlaceOptions): number {
  const slots = sum(left.map((room) => wantedRanks(room, options)))
  if (slots > 0 || own === undefined) return slots
  return sum(Array.from(own.nodes.values(), (node) => wantedRanks(roomOf(node, options, true), options)))
}

function turnsOf(own: ProgramNodes | undefined, left: readonly Room[], options: PlaceOptions): number[] {
  const indices = own === undefined ? left.map((_, index) => index) : [...own.nodes.keys()]
  if (options.mapBy !== 'seq') return indices
  const every = own?.sequence ?? indices.flatMap((index) => Array<number>(left[index]?.fill ?? 0).fill(index))
  return every.filter((index) => (left[index]?.limit ?? 0) > 0)
}
