import { allgatherBlocks, allgatherTarget, allgatherValues } from '../collectives/allgather.ts'
import type { Blocks } from '../collectives/blocks.ts'
import { packetOf, toSelf, valueOf } from '../collectives/packet.ts'
import type { BlockOptions } from '../collective-calls.ts'
import type { InPlace } from '../constants.ts'
import { datatypeOf, isView, subview, type View } from '../datatype.ts'
import type { Options } from '../request.ts'
import { Place, SLOT_PAYLOAD } from './area.ts'
import { readElements, readPacket, writeElements, writePacket } from './elements.ts'
import type { NodeCalls } from './node-calls.ts'
import type { Pieces } from './pieces.ts'

/** MPI_Allgather of values: in the slots, or by messages where one does not fit. */
export function allgatherInMemory<T>(calls: NodeCalls, x: T, options: Options | undefined): T[] {
  const { area } = calls
  try {
    calls.begin({ call: 'allgather', root: -1, op: null, type: 0 }, options)
    const packet = packetOf(x)
    const place = packet.bytes.length <= SLOT_PAYLOAD ? Place.slot : Place.messages
    if (place === Place.slot) writePacket(calls, packet)
    calls.publish(packet.datatype, place, packet.bytes.length, false)
    calls.awaitAll()
    const values = areAllIn(calls, Place.slot)
      ? Array.from({ length: area.size }, (_, member) =>
          member === area.rank ? toSelf(x) : valueOf<T>(readPacket(calls, member)),
        )
      : calls.goOn((collective) => allgatherValues(collective, x))
    calls.end()
    return values
  } catch (error) {
    throw calls.fail(error)
  }
}

/** MPI_Allgather and MPI_Allgatherv of views: in the slots, piece by piece where a block does not fit, or by messages without memory for it. */
export function allgatherIntoInMemory(calls: NodeCalls, send: View | InPlace, recv: View, options: BlockOptions): void {
  const { area } = calls
  const blocks = allgatherTarget(calls.members, send, recv, options)
  const datatype = datatypeOf(recv)
  const bytes = recv.BYTES_PER_ELEMENT
  const memory = calls.memory(datatype)
  const own = blocks.of(area.rank)
  const place = own.byteLength <= SLOT_PAYLOAD ? Place.slot : Place.pieces
  try {
    calls.begin({ call: 'allgatherInto', root: -1, op: null, type: datatype }, options)
    area.beginSteps()
    if (place === Place.slot) writeElements(memory, area.payloadOffset(area.rank) / bytes, own)
    const isShown = place === Place.pieces && (calls.shown.show(own) || (isView(send) && calls.shown.show(send)))
    calls.publish(datatype, isShown ? Place.shown : place, own.byteLength, false)
    calls.awaitAll()
    for (let member = 0; member < area.size; member += 1) {
      const { byteLength } = blocks.of(member)
      const long = calls.isShown(member) ? Place.shown : Place.pieces
      calls.checkLike(member, datatype, byteLength <= SLOT_PAYLOAD ? Place.slot : long, byteLength)
    }
    const isSmall = areAllIn(calls, Place.slot)
    const pieces = isSmall ? null : calls.pieces()
    if (pieces !== null) {
      copyOrExchange(calls, pieces, memory, blocks)
    } else if (isSmall) {
      for (let member = 0; member < area.size; member += 1) {
        if (member !== area.rank) readElements(blocks.of(member), memory, area.payloadOffset(member) / bytes)
      }
    } else {
      calls.goOn((collective) => allgatherBlocks(collective, blocks))
    }
    calls.end()
  } catch (error) {
    throw calls.fail(error)
  }
}

/** The long way: each rank copies the blocks that others show out of their memory; all other blocks pass through the pieces. */
function copyOrExchange(calls: NodeCalls, pieces: Pieces, memory: View, blocks: Blocks): void {
  const { rank, size } = calls.area
  const passing = Array.from({ length: size }, (_, member) => blocks.of(member))
  let isAnyShown = false
  for (let i = 0; i < size; i += 1) {
    const member = (rank + i) % size
    const block = blocks.of(member)
    if (!calls.isShown(member)) continue
    isAnyShown = true
    passing[member] = subview(block, 0, 0)
    if (member !== rank) calls.copyShown(member, block, 0)
  }
  const steps = pieces.exchange(memory, passing)
  // Who shows a block keeps it as it is until all have copied it.
  if (isAnyShown) calls.meet(steps + 1)
}

function areAllIn({ area }: NodeCalls, place: number): boolean {
  for (let member = 0; member < area.size; member += 1) if (area.header(member).place !== place) return false
  return true
}
