import type { Packet } from '../collectives/packet.ts'
import { copyView } from '../../base/copy-bytes.ts'
import { subview, type View } from '../datatype.ts'
import type { NodeCalls } from './node-calls.ts'

/** Below this a loop beats `set` (measured). */
const LOOP_ELEMENTS = 16

/** Writes all elements of a view to the memory, from element `at` on. */
export function writeElements(memory: View, at: number, from: View): void {
  if (from.length > LOOP_ELEMENTS) memory.set(from as never, at)
  else for (let i = 0; i < from.length; i += 1) memory[at + i] = from[i] as never
}

/** Fills a view with the elements that begin at element `at` of the memory. */
export function readElements(to: View, memory: View, at: number): void {
  if (to.length > LOOP_ELEMENTS) to.set(subview(memory, at, at + to.length) as never)
  else for (let i = 0; i < to.length; i += 1) to[i] = memory[at + i] as never
}

/** Copies elements between views of the same type. */
export function copyElements(to: View, into: number, from: View, at: number, count: number): void {
  if (count > 0) copyView(subview(from, at, at + count), subview(to, into, into + count))
}

/** Writes a packet to this rank's slot. */
export function writePacket(calls: NodeCalls, packet: Packet): void {
  const { area } = calls
  writeElements(calls.bytes, area.payloadOffset(area.rank), packet.bytes)
}

/** A copy of what a member's slot holds. */
export function readPacket(calls: NodeCalls, member: number): Packet {
  const { datatype, byteLength } = calls.area.header(member)
  const bytes = new Uint8Array(byteLength)
  readElements(bytes, calls.bytes, calls.area.payloadOffset(member))
  return { datatype, bytes }
}
