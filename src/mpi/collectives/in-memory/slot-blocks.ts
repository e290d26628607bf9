import { copyElements } from '../../../base/copy-bytes.ts'
import type { Blocks } from '../call/blocks.ts'
import { Place, SLOT_PAYLOAD } from './area/area.ts'
import type { NodeCalls } from './node-calls.ts'

/*
 * A slot's payload that says where a rank's block for each member is:
 *
 *   +0   16 bytes   of shown-view.ts, where the blocks are in a view that is shown
 *   +16  8 bytes for each member: index of its block's first element, in the shown view or in the elements below, and number of elements
 *   ...  elements of all blocks but the rank's own, where they fit (Place.slot)
 *
 * With Place.wide the elements are in the wide slot, from its beginning on.
 */
const WORDS_OFFSET = 16
const BYTES_PER_MEMBER = 8

/** Ranks without a longer block send messages; measured, see docs/collectives.md. */
const LEAST_PIECE_BYTES = 64 * 1024

/** In larger communicators such calls take messages: the words would not fit. */
export const MOST_BLOCKS = 48

/** Byte offset of the elements in a slot's payload. */
function dataOffset(size: number): number {
  return WORDS_OFFSET + size * BYTES_PER_MEMBER
}

/** Writes to this rank's slot where its blocks are, and the elements where they fit, and publishes it. */
export function publishBlocks(calls: NodeCalls, blocks: Blocks, datatype: number): void {
  const { area } = calls
  const send = blocks.view
  const { rank, size } = area
  const bytes = send.BYTES_PER_ELEMENT
  let [length, longest] = [0, 0]
  for (let member = 0; member < size; member += 1) {
    if (member === rank) continue
    const count = blocks.lengthOf(member)
    length += count
    longest = Math.max(longest, count)
  }
  let place: number | null = Place.slot
  if (length * bytes > SLOT_PAYLOAD - dataOffset(size)) {
    place = calls.shown.show(send) ? Place.shown : calls.slots.slotFor(Math.max(length * bytes, SLOT_PAYLOAD + 1))
    place ??= longest * bytes < LEAST_PIECE_BYTES ? Place.messages : Place.pieces
  }
  const payload = area.payloadOffset(rank)
  const memory = calls.slots.memory(datatype)
  const data = dataIn(calls, place, rank)
  let at = 0
  for (let member = 0; member < size; member += 1) {
    const count = blocks.lengthOf(member)
    const word = (payload + WORDS_OFFSET + member * BYTES_PER_MEMBER) / 4
    // Read behind hasCome(), as every payload.
    area.words[word] = place === Place.shown ? blocks.beginOf(member) : at
    area.words[word + 1] = count
    if (member === rank || data === undefined) continue
    copyElements(memory, data / bytes + at, send, blocks.beginOf(member), count)
    at += count
  }
  calls.publish(datatype, place, longest * bytes, false)
}

/** Byte offset of the elements of a member's blocks; undefined: they are in no slot. */
function dataIn(calls: NodeCalls, place: number, member: number): number | undefined {
  const payload = calls.slots.payloadIn(place, member)
  return payload === undefined || place === Place.wide ? payload : payload + dataOffset(calls.area.size)
}

/** The block of a member, whose slot has come, for this rank. `place`: index of its first element in the whole memory; undefined: it is in no slot. */
export function blockFrom(calls: NodeCalls, member: number, bytesPerElement: number): GivenBlock {
  const { area } = calls
  const payload = area.payloadOffset(member)
  const word = (payload + WORDS_OFFSET + area.rank * BYTES_PER_MEMBER) / 4
  const from = (area.words[word] ?? 0) >>> 0
  const data = dataIn(calls, area.placeOf(member), member)
  return {
    from,
    count: (area.words[word + 1] ?? 0) >>> 0,
    place: data === undefined ? undefined : data / bytesPerElement + from,
  }
}

interface GivenBlock {
  readonly from: number
  readonly count: number
  readonly place: number | undefined
}
