import type { Packet } from '../call/packet.ts'
import { copyElements } from '../../../base/copy-bytes.ts'
import type { View } from '../../datatypes/datatype.ts'
import { Place } from './area/area.ts'
import type { NodeCalls } from './node-calls.ts'
import { WIDE_PAYLOAD } from './area/wide-slots.ts'

/** Below this a loop beats a call (measured). */
const LOOP_ELEMENTS = 16

/** Writes all elements of a view to the memory, from element `at` on. */
export function writeElements(memory: View, at: number, from: View): void {
  if (from.length > LOOP_ELEMENTS) copyElements(memory, at, from, 0, from.length)
  else for (let i = 0; i < from.length; i += 1) memory[at + i] = from[i] as never
}

/** Fills a view with the elements that begin at element `at` of the memory. */
export function readElements(to: View, memory: View, at: number): void {
  if (to.length > LOOP_ELEMENTS) copyElements(to, 0, memory, at, to.length)
  else for (let i = 0; i < to.length; i += 1) to[i] = memory[at + i] as never
}

/** Writes a packet to this rank's slot, where one has room for it, and publishes it. False: it is still to be sent. `toAll`: see `NodeCalls.publish`. `most`: bytes, of which more are sent. */
export function publishPacket(
  calls: NodeCalls,
  { datatype, bytes }: Packet,
  toAll: boolean,
  most: number = WIDE_PAYLOAD,
): boolean {
  const place = bytes.length <= most ? calls.slots.slotFor(bytes.length) : null
  const at = calls.slots.payloadIn(place, calls.area.rank)
  if (at !== undefined) writeElements(calls.slots.bytes, at, bytes)
  calls.publish(datatype, place ?? Place.messages, bytes.length, toAll)
  return at !== undefined
}

/** A copy of what a member, whose slot has come, has in it; null: it comes by message. */
export function readPacket(calls: NodeCalls, member: number): Packet | null {
  const at = calls.slots.payloadOf(member)
  if (at === undefined) return null
  const { datatype, byteLength } = calls.area.header(member)
  const bytes = new Uint8Array(byteLength)
  readElements(bytes, calls.slots.bytes, at)
  return { datatype, bytes }
}
