import { copyView } from '../../../base/copy-bytes.ts'
import { checkRoot } from '../call/arguments.ts'
import type { Collective } from '../call/collective.ts'
import { type Packet, packetOf, toSelf, valueOf } from '../call/packet.ts'
import { partsOf, scatterSignature, scatterSource } from './by-messages.ts'
import type { Steps } from '../call/steps.ts'
import type { BlockOptions } from '../../api/collective-calls.ts'
import type { InPlace } from '../../terms/constants.ts'
import { bytesOf, datatypeOf, type View } from '../../datatypes/datatype.ts'
import type { Options } from '../../terms/request.ts'
import { Place } from '../in-memory/area/area.ts'
import { readElements } from '../in-memory/elements.ts'
import { receiveBlocks, receivePackets } from '../gather/in-memory.ts'
import type { NodeCalls } from '../in-memory/node-calls.ts'
import { findPart, publishParts, readPart } from '../in-memory/slot-parts.ts'
import { MOST_ROOTED } from '../in-memory/area/wide-slots.ts'

/** MPI_Scatter of a list of parts or of a view's blocks: in root's slot, parts that do not fit by messages. The others wait for root alone. */
export function scatterInMemory<T>(
  calls: NodeCalls,
  parts: readonly T[] | View | null | undefined,
  root: number,
  options: Options | undefined,
): T {
  const { area, members } = calls
  checkRoot(members, 'scatter', root)
  try {
    calls.begin({ call: 'scatter', root, op: null, type: 0 }, options)
    let value: T
    if (area.rank === root) {
      const list = partsOf<T>(members, 'scatter', parts)
      give(
        calls,
        list.map((part, member) => (member === root ? null : packetOf(part))),
      )
      value = toSelf(list[root] as T)
    } else {
      awaitRoot(calls, root)
      const packet = readPart(calls, root) ?? calls.goOn((collective) => receivePacket(collective, root))
      value = valueOf<T>(packet)
    }
    calls.end()
    return value
  } catch (error) {
    throw calls.fail(error)
  }
}

/** Root's part of the call: the others wait for it alone. */
function give(calls: NodeCalls, packets: readonly (Packet | null)[]): void {
  const late = publishParts(calls, packets, true, MOST_ROOTED)
  if (late.length > 0) calls.goOn((collective) => sendPackets(collective, late, packets))
}

/** Waits for root's slot. */
function awaitRoot(calls: NodeCalls, root: number): void {
  calls.publish(0, Place.slot, 0, false)
  calls.awaitOne(root)
}

/** Sends some ranks their packets. */
export function* sendPackets(
  collective: Collective,
  dests: readonly number[],
  packets: readonly (Packet | null)[],
): Steps<void> {
  for (const dest of dests) {
    const packet = packets[dest]
    if (packet !== null && packet !== undefined) collective.send(dest, packet)
  }
  yield* collective.haveLeft()
}

function* receivePacket(collective: Collective, source: number): Steps<Packet> {
  const packets = new Map<number, Packet>()
  yield* receivePackets(collective, [source], packets)
  const packet = packets.get(source)
  if (packet === undefined) throw new Error(`${collective.call}: nothing has come from rank ${source}`)
  return packet
}

/** MPI_Scatter and MPI_Scatterv of a view: in root's slot, blocks that do not fit by messages. The others wait for root alone. */
export function scatterIntoInMemory(
  calls: NodeCalls,
  send: View | InPlace | null,
  recv: View | InPlace,
  root: number,
  options: BlockOptions,
): void {
  const { area, members } = calls
  const signature = scatterSignature(members, send, recv, root)
  try {
    calls.begin(signature, options)
    if (area.rank === root) {
      const { blocks, own } = scatterSource(members, send, recv, options)
      const packets = Array.from({ length: area.size }, (_, member) =>
        member === root ? null : { datatype: signature.type, bytes: bytesOf(blocks.of(member)) },
      )
      give(calls, packets)
      if (own !== null) copyView(blocks.of(root), own)
    } else {
      // The signature says that it is a view.
      const view = recv as View
      awaitRoot(calls, root)
      const part = findPart(calls, root)
      if (part === null) calls.goOn((collective) => receiveBlocks(collective, [root], () => view))
      else {
        calls.checkGiven(root, part, { datatype: datatypeOf(view), byteLength: view.byteLength })
        readElements(bytesOf(view), calls.slots.bytes, part.from)
      }
    }
    calls.end()
  } catch (error) {
    throw calls.fail(error)
  }
}
