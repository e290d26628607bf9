import type { Packet } from '../collectives/packet.ts'
import { SLOT_PAYLOAD } from './area.ts'
import { readElements, writeElements } from './elements.ts'
import type { NodeCalls } from './node-calls.ts'

/*
 * A slot's payload that has a part for each member: a word (int32) for each, its length in bytes × 256 plus its datatype, then the parts
 * one behind the other. A part that does not fit goes by message.
 */
const BY_MESSAGE = -1
const WORD_BYTES = 4

/** In larger communicators the words alone would fill a slot: there such calls take messages. */
export const MOST_PARTS = 64

/** Writes this rank's parts, but its own, to its slot. Returns the members whose parts go by message. */
export function writeParts(calls: NodeCalls, packets: readonly (Packet | null)[]): number[] {
  const { area, bytes } = calls
  const payload = area.payloadOffset(area.rank)
  const late: number[] = []
  let used = packets.length * WORD_BYTES
  for (const [member, packet] of packets.entries()) {
    let word = 0
    if (packet !== null && used + packet.bytes.length > SLOT_PAYLOAD) {
      word = BY_MESSAGE
      late.push(member)
    } else if (packet !== null) {
      word = packet.bytes.length * 256 + packet.datatype
      writeElements(bytes, payload + used, packet.bytes)
      used += packet.bytes.length
    }
    // Read behind hasCome(), as every payload.
    area.words[payload / WORD_BYTES + member] = word
  }
  return late
}

/** A copy of what a member's slot, which has come, holds for this rank; null: it comes by message. */
export function readPart(calls: NodeCalls, member: number): Packet | null {
  const { area } = calls
  const payload = area.payloadOffset(member)
  const word = area.words[payload / WORD_BYTES + area.rank] ?? BY_MESSAGE
  if (word === BY_MESSAGE) return null
  let from = payload + area.size * WORD_BYTES
  for (let other = 0; other < area.rank; other += 1) {
    from += Math.max(0, (area.words[payload / WORD_BYTES + other] ?? 0) >> 8)
  }
  const bytes = new Uint8Array(word >> 8)
  readElements(bytes, calls.bytes, from)
  return { datatype: word & 0xff, bytes }
}
