import type { Packet } from '../call/packet.ts'
import { Place, SLOT_PAYLOAD } from './area/area.ts'
import { readElements, writeElements } from './elements.ts'
import type { NodeCalls } from './node-calls.ts'
import { WIDE_PAYLOAD } from './area/wide-slots.ts'

/*
 * A slot's payload that has a part for each member: a word (int32) for each, its length in bytes × 256 plus its datatype, then the parts
 * one behind the other. Where they do not all fit there, they are in the wide slot (Place.wide). A part that does not fit goes by message.
 */
const BY_MESSAGE = -1
const WORD_BYTES = 4

/** In larger communicators the words alone would fill a slot: there such calls take messages. */
export const MOST_PARTS = 64

/**
 * Writes this rank's parts, but its own, to its slot, and publishes it. Returns the members whose parts go by message. `toAll`: see
 * `NodeCalls.publish`. `most`: bytes that the wide slot takes.
 */
export function publishParts(
  calls: NodeCalls,
  packets: readonly (Packet | null)[],
  toAll: boolean,
  most: number = WIDE_PAYLOAD,
): number[] {
  const { area } = calls
  const { bytes } = calls.slots
  const payload = area.payloadOffset(area.rank)
  const words = packets.length * WORD_BYTES
  let total = 0
  for (const packet of packets) total += packet === null ? 0 : packet.bytes.length
  const isWide = words + total > SLOT_PAYLOAD && calls.slots.slotFor(most) === Place.wide
  const place = isWide ? Place.wide : Place.slot
  const from = dataIn(calls, place, area.rank, words)
  const room = isWide ? most : SLOT_PAYLOAD - words
  const late: number[] = []
  let used = 0
  for (const [member, packet] of packets.entries()) {
    let word = 0
    if (packet !== null && used + packet.bytes.length > room) {
      word = BY_MESSAGE
      late.push(member)
    } else if (packet !== null) {
      word = packet.bytes.length * 256 + packet.datatype
      writeElements(bytes, from + used, packet.bytes)
      used += packet.bytes.length
    }
    // Read behind hasCome(), as every payload.
    area.words[payload / WORD_BYTES + member] = word
  }
  calls.publish(0, place, 0, toAll)
  return late
}

/** What a slot holds for a rank. */
interface Part {
  readonly datatype: number
  readonly byteLength: number
  /** Byte offset in the memory. */
  readonly from: number
}

/** A copy of what a member's slot, which has come, holds for this rank; null: it comes by message. */
export function readPart(calls: NodeCalls, member: number): Packet | null {
  const part = findPart(calls, member)
  if (part === null) return null
  const bytes = new Uint8Array(part.byteLength)
  readElements(bytes, calls.slots.bytes, part.from)
  return { datatype: part.datatype, bytes }
}

/** What a member's slot, which has come, holds for this rank; null: it comes by message. */
export function findPart(calls: NodeCalls, member: number): Part | null {
  const { area } = calls
  const first = area.payloadOffset(member) / WORD_BYTES
  const word = area.words[first + area.rank] ?? BY_MESSAGE
  if (word === BY_MESSAGE) return null
  let from = dataIn(calls, area.placeOf(member), member, area.size * WORD_BYTES)
  for (let other = 0; other < area.rank; other += 1) from += Math.max(0, (area.words[first + other] ?? 0) >> 8)
  return { datatype: word & 0xff, byteLength: word >> 8, from }
}

/** Byte offset of a member's first part. */
function dataIn(calls: NodeCalls, place: number, member: number, words: number): number {
  const payload = calls.slots.payloadIn(place, member) ?? 0
  return place === Place.wide ? payload : payload + words
}
