import type { Blocks } from '../collectives/blocks.ts'
import type { View } from '../datatype.ts'
import { Place, SLOT_PAYLOAD } from './area.ts'
import { writeElements } from './elements.ts'
import type { NodeCalls } from './node-calls.ts'

/*
 * A slot's payload that says where a rank's block for each member is:
 *
 *   +0   16 bytes   of shown-view.ts, where the blocks are in a view that is shown
 *   +16  8 bytes for each member: index of its block's first element, in the shown view or in the elements below, and number of elements
 *   ...  elements of all blocks but the rank's own, where they fit (Place.slot)
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

/** Writes to this rank's slot where its blocks are, and the elements where they fit, and publishes it. `send`: the view of the blocks. */
export function publishBlocks(calls: NodeCalls, blocks: Blocks, send: View, datatype: number): void {
  const { area } = calls
  const { rank, size } = area
  const bytes = send.BYTES_PER_ELEMENT
  let [length, longest] = [0, 0]
  for (let member = 0; member < size; member += 1) {
    if (member === rank) continue
    const block = blocks.of(member)
    length += block.length
    longest = Math.max(longest, block.length)
  }
  let place: number = Place.slot
  if (length * bytes > SLOT_PAYLOAD - dataOffset(size)) {
    if (calls.shown.show(send)) place = Place.shown
    else place = longest * bytes < LEAST_PIECE_BYTES ? Place.messages : Place.pieces
  }
  const payload = area.payloadOffset(rank)
  const memory = calls.memory(datatype)
  let at = 0
  for (let member = 0; member < size; member += 1) {
    const block = blocks.of(member)
    const word = (payload + WORDS_OFFSET + member * BYTES_PER_MEMBER) / 4
    // Read behind hasCome(), as every payload.
    area.words[word] = place === Place.shown ? (block.byteOffset - send.byteOffset) / bytes : at
    area.words[word + 1] = block.length
    if (member === rank || place !== Place.slot) continue
    writeElements(memory, (payload + dataOffset(size)) / bytes + at, block)
    at += block.length
  }
  calls.publish(datatype, place, longest * bytes, false)
}

/** The block of a member, whose slot has come, for this rank. `place`: index of its first element in the whole memory, where it is in the slot. */
export function blockFrom(calls: NodeCalls, member: number, bytesPerElement: number): GivenBlock {
  const { area } = calls
  const payload = area.payloadOffset(member)
  const word = (payload + WORDS_OFFSET + area.rank * BYTES_PER_MEMBER) / 4
  const from = (area.words[word] ?? 0) >>> 0
  return {
    from,
    count: (area.words[word + 1] ?? 0) >>> 0,
    place: (payload + dataOffset(area.size)) / bytesPerElement + from,
  }
}

interface GivenBlock {
  readonly from: number
  readonly count: number
  readonly place: number
}
