import { type View, viewConstructor } from '../../../datatypes/datatype.ts'
import type { SharedMemory } from '../../../link/link.ts'
import { type Area, Place, SLOT_PAYLOAD } from './area.ts'
import { WIDE_PAYLOAD, WideSlots } from './wide-slots.ts'

/** Kind of `SharedMemory.claim`. */
const WIDE_KIND = 2

/** Where the payloads of calls in the memory of a node are: in the slots of the area, or in wide ones, which are claimed when first needed. */
export class SlotMemory {
  private readonly area: Area
  private readonly shared: SharedMemory
  /** The communicator's. */
  private readonly id: number
  /** Not asked for yet: undefined; there is no room: null. */
  private knownWide: WideSlots | null | undefined = undefined
  private knownBytes: Uint8Array | null = null
  /** The whole memory by datatype. */
  private readonly memories: (View | undefined)[] = []

  constructor(shared: SharedMemory, area: Area, id: number) {
    this.shared = shared
    this.area = area
    this.id = id
  }

  /** Memory for payloads that are too long for a slot; null: there is none. */
  private wide(): WideSlots | null {
    if (this.knownWide !== undefined) return this.knownWide
    const { area, id, shared } = this
    const offset = shared.claim(id, WIDE_KIND, area.size, WideSlots.bytesFor(area.size))
    this.knownWide = offset === -1 ? null : new WideSlots(area, offset)
    return this.knownWide
  }

  /** In which slot, one of Place, a payload of so many bytes has room; null: in none, on all ranks alike. */
  slotFor(byteLength: number): number | null {
    if (byteLength <= SLOT_PAYLOAD) return Place.slot
    return byteLength <= WIDE_PAYLOAD && this.wide() !== null ? Place.wide : null
  }

  /** Byte offset of a member's payload of this call in a slot, `place`; undefined: it is in none. */
  payloadIn(place: number | null, member: number): number | undefined {
    if (place === Place.slot) return this.area.payloadOffset(member)
    return place === Place.wide ? this.wide()?.payloadOffset(member) : undefined
  }

  /** Byte offset of so much of the node's memory that this rank uses alone in a call; undefined: there is no such memory. */
  scratchFor(byteLength: number): number | undefined {
    return byteLength <= WIDE_PAYLOAD ? this.wide()?.scratchOffset : undefined
  }

  /** Byte offset of the payload of a member, whose slot has come; undefined: it is in no slot. */
  payloadOf(member: number): number | undefined {
    return this.payloadIn(this.area.placeOf(member), member)
  }

  /** The whole memory as a view of a datatype. */
  memory(datatype: number): View {
    let memory = this.memories[datatype]
    if (memory === undefined) {
      while (this.memories.length < datatype) this.memories.push(undefined)
      memory = new (viewConstructor(datatype))(this.shared.memory.buffer)
      this.memories[datatype] = memory
    }
    return memory
  }

  /** The whole memory. */
  get bytes(): Uint8Array {
    this.knownBytes ??= new Uint8Array(this.shared.memory.buffer)
    return this.knownBytes
  }

  /** Gives the memory back. */
  free(): void {
    this.shared.release(this.id, WIDE_KIND)
  }
}
