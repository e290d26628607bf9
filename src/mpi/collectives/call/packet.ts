import { decode, encode } from '../../../wire/codec.ts'
import { Datatype } from '../../../wire/envelope.ts'
import { bytesOf, copyOfView, datatypeOf, isView, type View, viewOfBytes } from '../../datatypes/datatype.ts'
import { Strided } from '../../datatypes/strided.ts'

/** A value on its way: what a message of a collective carries. */
export interface Packet {
  readonly datatype: number
  readonly bytes: Uint8Array
}

/** A value that no message can carry; `cause` says why. Collective.explain() names the call. */
export class CannotTravel extends Error {}

/** A value as it travels: a view as its own memory (no copy), anything else encoded. Throws CannotTravel. */
export function packetOf(value: unknown): Packet {
  const datatype = datatypeOf(value)
  if (datatype === Datatype.value && value instanceof Strided) return packetOf(value.pack())
  try {
    // A datatype other than value says that it is a view.
    return { datatype, bytes: datatype === Datatype.value ? encode(value) : bytesOf(value as View) }
  } catch (error) {
    throw new CannotTravel(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** The value of a packet; a view lies in the packet's memory. */
export function valueOf<T>(packet: Packet): T {
  const value = packet.datatype === Datatype.value ? decode(packet.bytes) : viewOfBytes(packet.datatype, packet.bytes)
  // What a message holds is what the user says it is.
  return value as T
}

/**
 * What this rank gives to itself: a copy, as those that come from other ranks, and as they refused where it cannot travel. `packet`: its packet, where
 * the caller has one. Throws CannotTravel.
 */
export function toSelf<T>(value: T, packet?: Packet): T {
  // A copy of a view has the view's type.
  if (isView(value)) return copyOfView(value) as T
  const isItsOwnCopy = value === null || !['object', 'function', 'symbol'].includes(typeof value)
  return isItsOwnCopy ? value : valueOf<T>(packet ?? packetOf(value))
}
