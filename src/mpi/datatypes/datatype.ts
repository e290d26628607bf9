import {
  type ElementConstructor,
  elementConstructor,
  elementConstructors,
  type ElementView,
} from '../../wire/element-types.ts'
import { Datatype, MOST_MESSAGE_BYTES } from '../../wire/envelope.ts'

/** A typed array that MPI sends as raw bytes with its element type. */
export type View = ElementView

/** Constructor of a `View`, as given to `MPI.alloc`. */
export type ViewConstructor = ElementConstructor

const constructors = elementConstructors

const names = constructors.map((constructor) => constructor?.name ?? 'value')
const sizes = constructors.map((constructor) => constructor?.BYTES_PER_ELEMENT ?? 1)
const byConstructor = new Map<unknown, number>()
for (const [datatype, constructor] of constructors.entries()) if (constructor) byConstructor.set(constructor, datatype)

/** The constructor that was looked up last, and its datatype: a look into a map takes as long as all the rest. */
let latestConstructor: unknown = undefined
let latestDatatype: number = Datatype.value

/**
 * Number of `Datatype` of a value: its element type where it is a `View`, `Datatype.value` where it travels encoded.
 * DataView, Uint8ClampedArray and other buffers are values.
 */
export function datatypeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || !ArrayBuffer.isView(value)) return Datatype.value
  const { constructor } = value
  if (constructor === latestConstructor) return latestDatatype
  const datatype = byConstructor.get(constructor)
  if (datatype === undefined) return datatypeOfSubclass(value)
  latestConstructor = constructor
  latestDatatype = datatype
  return datatype
}

/** Number of the datatype that a constructor makes; undefined for anything else. */
export function datatypeOfConstructor(constructor: unknown): number | undefined {
  return byConstructor.get(constructor)
}

// A Buffer is a Uint8Array, and a program may extend a typed array.
function datatypeOfSubclass(value: ArrayBufferView): number {
  for (const [constructor, datatype] of byConstructor) {
    if (typeof constructor === 'function' && value instanceof constructor) return datatype
  }
  return Datatype.value
}

/** Whether a value is a typed array that travels as raw bytes. */
export function isView(value: unknown): value is View {
  return datatypeOf(value) !== Datatype.value
}

/** Whether the memory of a view is no longer there: it was transferred to another thread, or a resized buffer has become too short for it. */
export function isGone(view: View): boolean {
  if (view.byteLength > 0) return false
  try {
    view.at(0)
    return false
  } catch {
    return true
  }
}

/** What messages say of such a view. */
export const GONE = 'has no memory any more: its buffer was transferred, or resized'

/** Name of a datatype for users: the constructor's name, or 'value'. */
export function datatypeName(datatype: number): string {
  return names[datatype] ?? 'value'
}

/** Bytes of one element; 1 for a value. */
export function elementBytes(datatype: number): number {
  return sizes[datatype] ?? 1
}

/** The constructor of a datatype that is not `Datatype.value`. */
export function viewConstructor(datatype: number): ViewConstructor {
  return elementConstructor(datatype)
}

/** Length of the longest message. */
export const MOST_BYTES: number = MOST_MESSAGE_BYTES

/** A view's memory as bytes; no copy. */
export function bytesOf(view: View): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

/** Memory that LatestBytes keeps alive, at most. */
const MOST_KEPT_BYTES = 64 * 1024

/**
 * Like bytesOf() and datatypeOf(); remembers the latest small view, since programs use the same one again and again, and to look at a view costs
 * as much as to send 8 bytes.
 */
export class LatestBytes {
  /** Of the view that has() was asked for. */
  bytes: Uint8Array = new Uint8Array(0)
  datatype: number = Datatype.value
  private view: unknown = null
  private length = -1

  /** Whether `x` is the view that it remembers, and as long as it was. */
  has(x: unknown): boolean {
    // The length differs where the memory was taken away.
    return x === this.view && this.bytes.length === this.length
  }

  of(view: View): Uint8Array {
    if (this.has(view)) return this.bytes
    // Empty, because its memory was taken away: to make another view of it would throw.
    if (view === this.view && view.byteLength === this.bytes.length) return this.bytes
    const bytes = bytesOf(view)
    const { buffer } = view
    if (buffer.byteLength <= MOST_KEPT_BYTES && !isResizable(buffer)) {
      this.datatype = datatypeOf(view)
      this.view = view
      this.bytes = bytes
      this.length = bytes.length
    }
    return bytes
  }
}

/** A view may become longer with such a buffer. */
function isResizable(buffer: object): boolean {
  // Node 20 has them, TypeScript's ES2023 has not.
  const { resizable, growable } = buffer as { readonly resizable?: boolean; readonly growable?: boolean }
  return resizable === true || growable === true
}

/** Bytes that start at a multiple of the element size, as a view of a datatype; no copy. */
export function viewOfBytes(datatype: number, bytes: Uint8Array): View {
  const constructor = viewConstructor(datatype)
  return new constructor(bytes.buffer, bytes.byteOffset, bytes.byteLength / constructor.BYTES_PER_ELEMENT)
}

/** A new view with the same elements, in memory of its own. */
export function copyOfView(view: View): View {
  const bytes = new Uint8Array(view.byteLength)
  bytes.set(bytesOf(view))
  return viewOfBytes(datatypeOf(view), bytes)
}

/** Elements `from` to `to` of a view; no copy. */
export function subview<V extends View>(view: V, from: number, to: number): V {
  // A view's subarray has the view's own type; TypeScript sees only the union.
  return view.subarray(from, to) as V
}

/** Whether two views share a byte. */
export function viewsOverlap(one: View, other: View): boolean {
  if (one.buffer !== other.buffer || one.byteLength === 0 || other.byteLength === 0) return false
  return one.byteOffset < other.byteOffset + other.byteLength && other.byteOffset < one.byteOffset + one.byteLength
}
