import { allgatherBlocks, allgatherTarget, allgatherValues } from '../collectives/allgather.ts'
import { packetOf, toSelf, valueOf } from '../collectives/packet.ts'
import type { BlockOptions } from '../collective-calls.ts'
import type { InPlace } from '../constants.ts'
import { datatypeOf, type View } from '../datatype.ts'
import type { Options } from '../request.ts'
import { Place, SLOT_PAYLOAD } from './area.ts'
import { readElements, readPacket, writeElements, writePacket } from './elements.ts'
import type { NodeCalls } from './node-calls.ts'

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
    area.step(0)
    if (place === Place.slot) writeElements(memory, area.payloadOffset(area.rank) / bytes, own)
    calls.publish(datatype, place, own.byteLength, false)
    calls.awaitAll()
    for (let member = 0; member < area.size; member += 1) {
      const { byteLength } = blocks.of(member)
      calls.checkLike(member, datatype, byteLength <= SLOT_PAYLOAD ? Place.slot : Place.pieces, byteLength)
    }
    const isSmall = areAllIn(calls, Place.slot)
    const pieces = isSmall ? null : calls.pieces()
    if (pieces !== null) {
      pieces.exchange(memory, own, (member) => blocks.of(member))
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

function areAllIn({ area }: NodeCalls, place: number): boolean {
  for (let member = 0; member < area.size; member += 1) if (area.header(member).place !== place) return false
  return true
}
