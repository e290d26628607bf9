import type { CartGrid } from '../../groups/cart-grid.ts'
import type { AlltoallOptions } from '../../api/collective-calls.ts'
import { PROC_NULL } from '../../terms/constants.ts'
import { bytesOf, datatypeOf, type View } from '../../datatypes/datatype.ts'
import { argumentError, checkApart, checkSameType, checkView } from '../call/arguments.ts'
import { type Blocks, blocksOf, targetBlocksOf } from '../call/blocks.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import { packetOf, toSelf, valueOf } from '../call/packet.ts'
import type { Plan } from '../call/run.ts'
import { partsOf } from '../scatter/by-messages.ts'
import type { Steps } from '../call/steps.ts'

/** The ranks of a grid as their neighbour collectives see them. */
export interface GridMembers extends Members {
  readonly grid: CartGrid
}

/** Neighbours by place: of each dimension the lower, then the upper one; PROC_NULL beyond an edge. */
export function neighborsOf({ grid, rank }: GridMembers): number[] {
  return grid.dims.flatMap((_, dim) => [grid.neighbor(rank, dim, -1), grid.neighbor(rank, dim, 1)])
}

/** What goes to the lower neighbour comes to the upper place there, and the other way round. */
function opposite(place: number): number {
  return place ^ 1
}

/**
 * Places in the order in which to receive. Where the lower and the upper neighbour are the same rank its two messages come in the order in
 * which it has sent them, that to its lower neighbour first (MPI 4.1 §8.6).
 */
function receiveOrder(neighbors: readonly number[]): number[] {
  return neighbors.map((_, place) => opposite(place))
}

/** MPI_Neighbor_allgather of values (MPI 4.1 §8.6.1). Throws ERR_TYPE. */
export function neighborAllgather<T>(members: GridMembers, x: T): Plan<(T | undefined)[]> {
  const collective = new Collective(members, { call: 'neighborAllgather', root: -1, op: null, type: 0 })
  const neighbors = neighborsOf(members)
  return { collective, steps: exchangeValues(collective, neighbors, () => neighbors.map(() => x)) }
}

/** MPI_Neighbor_alltoall of lists of parts, or of the blocks of views (MPI 4.1 §8.6.2). Throws ERR_COUNT, ERR_ARG on all ranks. */
export function neighborAlltoall<T>(members: GridMembers, parts: readonly T[] | View): Plan<(T | undefined)[]> {
  const call = 'neighborAlltoall'
  const collective = new Collective(members, { call, root: -1, op: null, type: 0 })
  const neighbors = neighborsOf(members)
  const partsFor = (): readonly T[] => partsOf<T>(members, call, parts, neighbors.length)
  return { collective, steps: exchangeValues(collective, neighbors, partsFor) }
}

function* exchangeValues<T>(
  collective: Collective,
  neighbors: readonly number[],
  partsFor: () => readonly T[],
): Steps<(T | undefined)[]> {
  const { rank } = collective
  const parts = partsFor()
  const values = new Array<T | undefined>(neighbors.length).fill(undefined)
  const receives = []
  for (const place of receiveOrder(neighbors)) {
    const source = neighbors[place]
    if (source === rank) values[place] = toSelf(parts[opposite(place)])
    else if (source !== undefined && source !== PROC_NULL) receives.push({ place, receive: collective.receive(source) })
  }
  for (const [place, dest] of neighbors.entries()) {
    if (dest !== rank && dest !== PROC_NULL) collective.send(dest, packetOf(parts[place]))
  }
  for (const { place, receive } of receives) {
    yield receive
    values[place] = valueOf<T>(receive.packet)
  }
  return values
}

/** MPI_Neighbor_allgather of views: blocks of `send.length` elements. Throws ERR_TYPE, ERR_COUNT, ERR_BUFFER. */
export function neighborAllgatherInto(members: GridMembers, send: View, recv: View): Plan<void> {
  const call = 'neighborAllgatherInto'
  checkViews(members, call, send, recv)
  const neighbors = neighborsOf(members)
  if (recv.length !== neighbors.length * send.length) {
    const wanted = `${send.length} elements of each of ${neighbors.length} neighbours`
    throw argumentError(members, 'ERR_COUNT', call, `the receive view has ${recv.length} elements for ${wanted}`)
  }
  const into = blocksOf(members, call, 'the receive view', recv, { blockCount: neighbors.length })
  const collective = new Collective(members, { call, root: -1, op: null, type: datatypeOf(recv) })
  return { collective, steps: exchangeBlocks(members, collective, neighbors, () => send, into) }
}

/** MPI_Neighbor_alltoall and MPI_Neighbor_alltoallv of views. Throws ERR_TYPE, ERR_COUNT, ERR_BUFFER. */
export function neighborAlltoallInto(
  members: GridMembers,
  send: View,
  recv: View,
  options: AlltoallOptions,
): Plan<void> {
  const call = 'neighborAlltoallInto'
  checkViews(members, call, send, recv)
  const neighbors = neighborsOf(members)
  const blockCount = neighbors.length
  const { sendCounts, sendDispls, recvCounts, recvDispls } = options
  const sendLayout = { counts: sendCounts, displs: sendDispls, blockCount }
  const from = blocksOf(members, call, 'the send view', send, sendLayout)
  const recvLayout = { counts: recvCounts, displs: recvDispls, blockCount }
  const into = targetBlocksOf(members, call, 'the receive view', recv, recvLayout)
  const collective = new Collective(members, { call, root: -1, op: null, type: datatypeOf(recv) })
  return { collective, steps: exchangeBlocks(members, collective, neighbors, (place) => from.of(place), into) }
}

function checkViews(members: Members, call: string, send: unknown, recv: unknown): void {
  checkView(members, call, 'the send view', send)
  checkView(members, call, 'the receive view', recv)
  checkSameType(members, call, send, recv)
  checkApart(members, call, send, recv)
}

function* exchangeBlocks(
  members: Members,
  collective: Collective,
  neighbors: readonly number[],
  blockFor: (place: number) => View,
  into: Blocks,
): Steps<void> {
  const { rank, call } = collective
  const receives = []
  for (const place of receiveOrder(neighbors)) {
    const source = neighbors[place]
    if (source === rank) copyBlock(members, call, blockFor(opposite(place)), into.of(place))
    else if (source !== undefined && source !== PROC_NULL) receives.push(collective.receiveInto(source, into.of(place)))
  }
  for (const [place, dest] of neighbors.entries()) {
    if (dest === rank || dest === PROC_NULL) continue
    const block = blockFor(place)
    collective.send(dest, { datatype: datatypeOf(block), bytes: bytesOf(block) })
  }
  for (const receive of receives) {
    yield receive
    receive.check()
  }
}

/** To a rank that is its own neighbour. Throws ERR_COUNT. */
function copyBlock(members: Members, call: string, from: View, to: View): void {
  if (from.length !== to.length) {
    const reason = `this rank is its own neighbour, and sends ${from.length} elements where it expects ${to.length}`
    throw argumentError(members, 'ERR_COUNT', call, reason)
  }
  bytesOf(to).set(bytesOf(from))
}
