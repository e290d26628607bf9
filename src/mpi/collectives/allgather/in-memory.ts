import { allgatherBlocks, allgatherTarget, allgatherValues } from './by-messages.ts'
import type { Blocks } from '../call/blocks.ts'
import { type Packet, packetOf, toSelf, valueOf } from '../call/packet.ts'
import type { BlockOptions } from '../../api/collective-calls.ts'
import type { InPlace } from '../../terms/constants.ts'
import { datatypeOf, isView, subview, type View } from '../../datatypes/datatype.ts'
import type { Options } from '../../terms/request.ts'
import { Place } from '../in-memory/area/area.ts'
import { publishPacket, readElements, readPacket, writeElements } from '../in-memory/elements.ts'
import type { NodeCalls } from '../in-memory/node-calls.ts'
import type { Pieces } from '../in-memory/pieces.ts'

/** MPI_Allgather of values: in the slots, or by messages where one does not fit. */
export function allgatherInMemory<T>(calls: NodeCalls, x: T, options: Options | undefined): T[] {
  try {
    calls.begin({ call: 'allgather', root: -1, op: null, type: 0 }, options)
    const own = packetOf(x)
    publishPacket(calls, own, false)
    calls.awaitAll()
    const values = valuesInSlots(calls, x, own) ?? calls.goOn((collective) => allgatherValues(collective, x))
    calls.end()
    return values
  } catch (error) {
    throw calls.fail(error)
  }
}

/** What all ranks have in their slots; null: one of them has none there. */
function valuesInSlots<T>(calls: NodeCalls, x: T, own: Packet): T[] | null {
  const { area } = calls
  if (!areAllInSlots(calls)) return null
  const values = new Array<T>(area.size)
  for (let member = 0; member < area.size; member += 1) {
    const packet = member === area.rank ? null : readPacket(calls, member)
    values[member] = packet === null ? toSelf(x, own) : valueOf<T>(packet)
  }
  return values
}

/** MPI_Allgather and MPI_Allgatherv of views: in the slots, piece by piece where a block does not fit, or by messages without memory for it. */
export function allgatherIntoInMemory(calls: NodeCalls, send: View | InPlace, recv: View, options: BlockOptions): void {
  const { area } = calls
  const blocks = allgatherTarget(calls.members, send, recv, options)
  const datatype = datatypeOf(recv)
  const bytes = recv.BYTES_PER_ELEMENT
  const memory = calls.slots.memory(datatype)
  const own = blocks.of(area.rank)
  try {
    calls.begin({ call: 'allgatherInto', root: -1, op: null, type: datatype }, options)
    area.beginSteps()
    const isShown = calls.shown.show(own) || (isView(send) && calls.shown.show(send))
    const slot = isShown ? null : calls.slots.slotFor(own.byteLength)
    const at = calls.slots.payloadIn(slot, area.rank)
    if (at !== undefined) writeElements(memory, at / bytes, own)
    calls.publish(datatype, isShown ? Place.shown : (slot ?? Place.pieces), own.byteLength, false)
    calls.awaitAll()
    for (let member = 0; member < area.size; member += 1) {
      calls.checkLike(member, datatype, area.placeOf(member), blocks.of(member).byteLength)
    }
    const isSmall = areAllInSlots(calls)
    const pieces = isSmall ? null : calls.pieces()
    if (pieces !== null) {
      copyOrExchange(calls, pieces, memory, blocks)
    } else if (isSmall) {
      for (let member = 0; member < area.size; member += 1) {
        if (member !== area.rank) readElements(blocks.of(member), memory, (calls.slots.payloadOf(member) ?? 0) / bytes)
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

function areAllInSlots(calls: NodeCalls): boolean {
  for (let member = 0; member < calls.area.size; member += 1) {
    if (calls.slots.payloadOf(member) === undefined) return false
  }
  return true
}
