import { copyElements } from '../../../base/copy-bytes.ts'
import type { Collective } from '../call/collective.ts'
import { type AlltoallBlocks, alltoallBlocks, exchangeBlocks } from './by-messages.ts'
import { placeOwn } from '../gather/by-messages.ts'
import { packetOf, toSelf, valueOf, type Packet } from '../call/packet.ts'
import { partsOf } from '../scatter/by-messages.ts'
import type { Steps } from '../call/steps.ts'
import type { AlltoallOptions } from '../../api/collective-calls.ts'
import type { InPlace } from '../../terms/constants.ts'
import { datatypeOf, type View } from '../../datatypes/datatype.ts'
import type { Options } from '../../terms/request.ts'
import { Place } from '../in-memory/area/area.ts'
import { receivePackets } from '../gather/in-memory.ts'
import type { NodeCalls } from '../in-memory/node-calls.ts'
import type { Pieces } from '../in-memory/pieces.ts'
import { blockFrom, publishBlocks } from '../in-memory/slot-blocks.ts'
import { publishParts, readPart } from '../in-memory/slot-parts.ts'

/** MPI_Alltoall of lists of parts, or of the blocks of views: in the slots, parts that do not fit by messages. */
export function alltoallInMemory<T>(calls: NodeCalls, parts: readonly T[] | View, options: Options | undefined): T[] {
  const { area, members } = calls
  try {
    calls.begin({ call: 'alltoall', root: -1, op: null, type: 0 }, options)
    const list = partsOf<T>(members, 'alltoall', parts)
    const packets = list.map((part, member) => (member === area.rank ? null : packetOf(part)))
    const late = publishParts(calls, packets, false)
    calls.awaitAll()
    const values = new Array<T>(area.size)
    values[area.rank] = toSelf(list[area.rank] as T)
    const missing: number[] = []
    for (let member = 0; member < area.size; member += 1) {
      if (member === area.rank) continue
      const packet = readPart(calls, member)
      if (packet === null) missing.push(member)
      else values[member] = valueOf<T>(packet)
    }
    if (late.length + missing.length > 0) {
      const received = new Map<number, Packet>()
      calls.goOn((collective) => exchangeLate(collective, late, packets, missing, received))
      for (const [member, packet] of received) values[member] = valueOf<T>(packet)
    }
    calls.end()
    return values
  } catch (error) {
    throw calls.fail(error)
  }
}

function* exchangeLate(
  collective: Collective,
  late: readonly number[],
  packets: readonly (Packet | null)[],
  missing: readonly number[],
  received: Map<number, Packet>,
): Steps<void> {
  for (const dest of late) {
    const packet = packets[dest]
    if (packet !== null && packet !== undefined) collective.send(dest, packet)
  }
  yield* receivePackets(collective, missing, received)
}

/**
 * MPI_Alltoall and MPI_Alltoallv of views: in the slots, straight out of memory of MPI.alloc, through the pieces, or by messages without memory for
 * these. Each rank chooses for itself where its blocks are.
 */
export function alltoallIntoInMemory(
  calls: NodeCalls,
  send: View | InPlace,
  recv: View,
  options: AlltoallOptions,
): void {
  const { area, members } = calls
  const blocks = alltoallBlocks(members, send, recv, options)
  const datatype = datatypeOf(recv)
  try {
    calls.begin({ call: 'alltoallInto', root: -1, op: null, type: datatype }, options)
    area.beginSteps()
    placeOwn(members, 'alltoallInto', blocks.from.of(area.rank), blocks.into.of(area.rank))
    publishBlocks(calls, blocks.from, datatype)
    calls.awaitAll()
    takeBlocks(calls, blocks, datatype)
    calls.end()
  } catch (error) {
    throw calls.fail(error)
  }
}

/** Fills this rank's blocks with those of the others, whose slots have come. */
function takeBlocks(calls: NodeCalls, blocks: AlltoallBlocks, datatype: number): void {
  const { area } = calls
  const { rank, size } = area
  const { into } = blocks
  const memory = calls.slots.memory(datatype)
  const bytes = memory.BYTES_PER_ELEMENT
  let areAllInSlots = calls.slots.payloadOf(rank) !== undefined
  for (let i = 1; i < size; i += 1) {
    const member = (rank + i) % size
    const { count, place } = blockFrom(calls, member, bytes)
    const wanted = into.lengthOf(member)
    if (count !== wanted) {
      calls.checkGiven(member, { datatype, byteLength: count * bytes }, { datatype, byteLength: wanted * bytes })
    }
    if (place === undefined) areAllInSlots = false
    else copyElements(into.view, into.beginOf(member), memory, place, count)
  }
  if (!areAllInSlots) takeLongBlocks(calls, blocks, memory)
}

/** `takeBlocks` of those that are in no slot, and this rank's part in what the others do to get theirs. */
function takeLongBlocks(calls: NodeCalls, blocks: AlltoallBlocks, memory: View): void {
  const { area } = calls
  const { rank, size } = area
  const { into } = blocks
  const bytes = memory.BYTES_PER_ELEMENT
  const passing = new Array<boolean>(size).fill(false)
  const sending = new Set<number>()
  let longest = 0
  let isAnyShown = false
  for (let member = 0; member < size; member += 1) {
    const place = area.placeOf(member)
    if (place === Place.shown) isAnyShown = true
    if (place === Place.messages) sending.add(member)
    if (place !== Place.pieces) continue
    passing[member] = true
    longest = Math.max(longest, area.header(member).byteLength / bytes)
  }
  const pieces = longest > 0 ? calls.pieces() : null
  if (pieces === null) for (const [member, isPassing] of passing.entries()) if (isPassing) sending.add(member)
  for (let i = 1; i < size; i += 1) {
    const member = (rank + i) % size
    if (calls.isShown(member)) calls.copyShown(member, into.of(member), 0, blockFrom(calls, member, bytes).from * bytes)
  }
  if (sending.size > 0) calls.goOn((collective) => exchangeBlocks(collective, blocks, sending, sending.has(rank)))
  const steps = pieces === null ? 0 : passBlocks(calls, pieces, { memory, blocks, passing, longest })
  // Who shows a view keeps it as it is until all have copied their blocks.
  if (isAnyShown) calls.meet(steps + 1)
}

/** What goes through the pieces. */
interface Passing {
  readonly memory: View
  readonly blocks: AlltoallBlocks
  /** By member: whether its blocks do. */
  readonly passing: readonly boolean[]
  /** Elements of the longest block of these. */
  readonly longest: number
}

/** The blocks of some ranks come to all others, a part of each block at a time. Returns the number of steps taken in the call. */
function passBlocks(calls: NodeCalls, pieces: Pieces, { memory, blocks, passing, longest }: Passing): number {
  const { rank, size } = calls.area
  const bytes = memory.BYTES_PER_ELEMENT
  const most = pieces.partBytes(size - 1) / bytes
  const placeOf = (from: number, to: number, round: number): number =>
    pieces.partPlace(from, round, size - 1, to < from ? to : to - 1) / bytes
  return pieces.rounds(Math.ceil(longest / most), {
    write: (round) => {
      for (let dest = 0; passing[rank] === true && dest < size; dest += 1) {
        if (dest === rank) continue
        const block = blocks.from.of(dest)
        const at = round * most
        copyElements(memory, placeOf(rank, dest, round), block, at, Math.min(most, block.length - at))
      }
    },
    read: (round, member) => {
      if (passing[member] !== true) return
      const block = blocks.into.of(member)
      const at = round * most
      copyElements(block, at, memory, placeOf(member, rank, round), Math.min(most, block.length - at))
    },
  })
}
