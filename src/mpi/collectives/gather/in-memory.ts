import { checkRoot } from '../call/arguments.ts'
import type { Collective } from '../call/collective.ts'
import { gatherSignature, gatherTarget } from './by-messages.ts'
import { type Packet, packetOf, toSelf, valueOf } from '../call/packet.ts'
import type { Steps } from '../call/steps.ts'
import type { BlockOptions } from '../../api/collective-calls.ts'
import type { InPlace } from '../../terms/constants.ts'
import { bytesOf, datatypeOf, type View } from '../../datatypes/datatype.ts'
import type { Options } from '../../terms/request.ts'
import { Place } from '../in-memory/area/area.ts'
import { publishPacket, readElements, readPacket } from '../in-memory/elements.ts'
import type { NodeCalls } from '../in-memory/node-calls.ts'
import { MOST_ROOTED } from '../in-memory/area/wide-slots.ts'

/** MPI_Gather of values: in the slots, those that do not fit by messages. Only root waits. */
export function gatherInMemory<T>(calls: NodeCalls, x: T, root: number, options: Options | undefined): T[] | undefined {
  checkRoot(calls.members, 'gather', root)
  const { area } = calls
  try {
    calls.begin({ call: 'gather', root, op: null, type: 0 }, options)
    let values: T[] | undefined
    if (area.rank !== root) give(calls, packetOf(x), root)
    else {
      values = new Array<T>(area.size)
      values[root] = toSelf(x)
      for (const [member, packet] of collect(calls)) values[member] = valueOf<T>(packet)
    }
    calls.end()
    return values
  } catch (error) {
    throw calls.fail(error)
  }
}

/** Gives root what does or does not fit the slot. */
function give(calls: NodeCalls, packet: Packet, root: number): void {
  if (!publishPacket(calls, packet, false, MOST_ROOTED))
    calls.goOn((collective) => sendPacket(collective, root, packet))
}

function* sendPacket(collective: Collective, dest: number, packet: Packet): Steps<void> {
  collective.send(dest, packet)
  yield* collective.haveLeft()
}

/** What the others give, on root. */
function collect(calls: NodeCalls): Map<number, Packet> {
  const { area } = calls
  calls.publish(0, Place.slot, 0, false)
  calls.awaitAll()
  const packets = new Map<number, Packet>()
  const late: number[] = []
  for (let member = 0; member < area.size; member += 1) {
    if (member === area.rank) continue
    const packet = readPacket(calls, member)
    if (packet === null) late.push(member)
    else packets.set(member, packet)
  }
  if (late.length > 0) calls.goOn((collective) => receivePackets(collective, late, packets))
  return packets
}

/** Receives a packet from each of some ranks. */
export function* receivePackets(
  collective: Collective,
  sources: readonly number[],
  packets: Map<number, Packet>,
): Steps<void> {
  const receives = sources.map((source) => collective.receive(source))
  for (const receive of receives) {
    yield receive
    packets.set(receive.from, receive.packet)
  }
}

/** MPI_Gather and MPI_Gatherv of views: in the slots, blocks that do not fit by messages. Only root waits. */
export function gatherIntoInMemory(
  calls: NodeCalls,
  send: View | InPlace,
  recv: View | null,
  root: number,
  options: BlockOptions,
): void {
  const { area, members } = calls
  const signature = gatherSignature(members, send, recv, root)
  try {
    calls.begin(signature, options)
    if (area.rank !== root) {
      // The signature says that it is a view.
      const view = send as View
      give(calls, { datatype: datatypeOf(view), bytes: bytesOf(view) }, root)
    } else {
      const blocks = gatherTarget(members, send, recv, options)
      calls.publish(0, Place.slot, 0, false)
      calls.awaitAll()
      const late: number[] = []
      for (let member = 0; member < area.size; member += 1) {
        if (member === root) continue
        const block = blocks.of(member)
        calls.checkLike(member, signature.type, area.placeOf(member), block.byteLength)
        const at = calls.slots.payloadOf(member)
        if (at === undefined) late.push(member)
        else readElements(block, calls.slots.memory(signature.type), at / block.BYTES_PER_ELEMENT)
      }
      if (late.length > 0) calls.goOn((collective) => receiveBlocks(collective, late, (member) => blocks.of(member)))
    }
    calls.end()
  } catch (error) {
    throw calls.fail(error)
  }
}

/** Receives a block from each of some ranks. */
export function* receiveBlocks(
  collective: Collective,
  sources: readonly number[],
  blockOf: (source: number) => View,
): Steps<void> {
  const receives = sources.map((source) => collective.receiveInto(source, blockOf(source)))
  for (const receive of receives) {
    yield receive
    receive.check()
  }
}
