import type { Area } from './area.ts'

/** Longest payload that a wide slot holds; measured, see docs/collectives.md. */
export const WIDE_PAYLOAD: number = 64 * 1024
/** Of what root alone gives or takes, messages carry more than that faster: they are read while they are written. Measured. */
export const MOST_ROOTED: number = WIDE_PAYLOAD / 2
/** One for even calls and one for odd ones, as in the area, and one that the member alone uses. */
const SLOTS = 3
const SCRATCH = 2

/**
 * Memory for payloads that are too long for a slot of the area (area.ts), where the member's slot says so. It is written and read by the same rules:
 * before `publish` by the member itself, then by the others until they begin the next call. So no call needs a second meeting of its ranks.
 */
export class WideSlots {
  private readonly area: Area
  private readonly offset: number

  constructor(area: Area, offset: number) {
    this.area = area
    this.offset = offset
  }

  static bytesFor(size: number): number {
    return size * SLOTS * WIDE_PAYLOAD
  }

  /** Byte offset of a member's payload of this call. */
  payloadOffset(member: number): number {
    return this.offset + (member * SLOTS + (this.area.call & 1)) * WIDE_PAYLOAD
  }

  /** Byte offset of as much memory that no other rank reads. */
  get scratchOffset(): number {
    return this.offset + (this.area.rank * SLOTS + SCRATCH) * WIDE_PAYLOAD
  }
}
