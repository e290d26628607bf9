import type { Packet } from '../collectives/packet.ts'
import { copyElements } from '../../base/copy-bytes.ts'
import type { View } from '../datatype.ts'
import { Place } from './area.ts'
import type { NodeCalls } from './node-calls.ts'

/** Writes all elements of a view to the memory, from element `at` on. */
export function writeElements(memory: View, at: number, from: View): void {
  copyElements(memory, at, from, 0, from.length)
}

/** Fills a view with the elements that begin at element `at` of the memory. */
export function readElements(to: View, memory: View, at: number): void {
  copyElements(to, 0, memory, at, to.length)
}

/** Writes a packet to this rank's slot, where one has room for it, and publishes it. False: it is still to be sent. `toAll`: see `NodeCalls.publish`. */
export function publishPacket(calls: NodeCalls, { datatype, bytes }: Packet, toAll: boolean): boolean {
  const place = calls.slotFor(bytes.length)
  const at = calls.payloadIn(place, calls.area.rank)
  if (at !== undefined) writeElements(calls.bytes, at, bytes)
  calls.publish(datatype, place ?? Place.messages, bytes.length, toAll)
  return at !== undefined
}

/** A copy of what a member, whose slot has come, has in it; null: it comes by message. */
export function readPacket(calls: NodeCalls, member: number): Packet | null {
  const at = calls.payloadOf(member)
  if (at === undefined) return null
  const { datatype, byteLength } = calls.area.header(member)
  const bytes = new Uint8Array(byteLength)
  readElements(bytes, calls.bytes, at)
  return { datatype, bytes }
}
