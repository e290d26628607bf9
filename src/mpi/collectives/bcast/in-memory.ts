import { checkRoot, checkView } from '../call/arguments.ts'
import { bcastValue } from './by-messages.ts'
import { type Packet, packetOf, valueOf } from '../call/packet.ts'
import { datatypeOf, type View } from '../../datatypes/datatype.ts'
import type { Options } from '../../terms/request.ts'
import { Place } from '../in-memory/area/area.ts'
import { publishPacket, readElements, readPacket, writeElements } from '../in-memory/elements.ts'
import type { NodeCalls } from '../in-memory/node-calls.ts'

/** MPI_Bcast of a value: in root's slot, or by messages where it does not fit. */
export function bcastInMemory<T>(calls: NodeCalls, x: T, root: number, options: Options | undefined): T {
  checkRoot(calls.members, 'bcast', root)
  const { area } = calls
  const isRoot = area.rank === root
  try {
    calls.begin({ call: 'bcast', root, op: null, type: 0 }, options)
    let packet: Packet | null = null
    if (isRoot) {
      const given = packetOf(x)
      if (publishPacket(calls, given, true)) packet = given
    } else {
      calls.publish(0, Place.slot, 0, false)
      calls.awaitOne(root)
      packet = readPacket(calls, root)
    }
    let value = x
    if (packet === null) value = calls.goOn((collective) => bcastValue(collective, x, root))
    else if (!isRoot) value = valueOf<T>(packet)
    calls.end()
    return value
  } catch (error) {
    throw calls.fail(error)
  }
}

/** MPI_Bcast of a view: in root's slot, or piece by piece. False: the view is too long for the memory that there is, on all ranks. */
export function bcastIntoInMemory(calls: NodeCalls, view: View, root: number, options: Options | undefined): boolean {
  checkRoot(calls.members, 'bcastInto', root)
  checkView(calls.members, 'bcastInto', 'view', view)
  const datatype = datatypeOf(view)
  const { byteLength, BYTES_PER_ELEMENT: bytes } = view
  const slot = calls.slots.slotFor(byteLength)
  const pieces = slot === null ? calls.pieces() : null
  if (pieces === null && slot === null) return false
  const place = slot ?? Place.pieces
  const { area } = calls
  const isRoot = area.rank === root
  const memory = calls.slots.memory(datatype)
  try {
    calls.begin({ call: 'bcastInto', root, op: null, type: datatype }, options, pieces === null)
    if (pieces !== null) area.beginSteps()
    const at = (calls.slots.payloadIn(slot, root) ?? 0) / bytes
    if (isRoot && pieces === null) writeElements(memory, at, view)
    const isShown = isRoot && pieces !== null && calls.shown.show(view)
    calls.publish(datatype, isShown ? Place.shown : place, byteLength, isRoot)
    if (pieces !== null) {
      // Memory of the pieces may still be read by ranks that are in the call before.
      calls.awaitAll()
      const isShownByRoot = calls.isShown(root)
      for (let member = 0; member < area.size; member += 1) {
        calls.checkLike(member, datatype, isShownByRoot && member === root ? Place.shown : place, byteLength)
      }
      if (!isShownByRoot) pieces.spread(memory, view, root)
      else if (isRoot) calls.meet(1)
      else calls.copyShown(root, view, 1)
    } else if (!isRoot) {
      calls.awaitOne(root)
      calls.checkLike(root, datatype, place, byteLength)
      readElements(view, memory, at)
    }
    calls.end()
    return true
  } catch (error) {
    throw calls.fail(error)
  }
}
