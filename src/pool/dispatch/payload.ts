import type { MessagePort } from 'node:worker_threads'
import { receiveMessageOnPort } from 'node:worker_threads'
import { copyBytes } from '../../base/copy-bytes.ts'
import { bytesOf, datatypeOf, isView, type View, viewConstructor } from '../../mpi/datatypes/datatype.ts'
import type { RingReader, RingWriter } from '../../shm/ring.ts'
import { decode, encode } from '../../wire/codec.ts'
import { besideBytes, withShared } from '../../wire/shared-memory.ts'
import { PayloadForm } from '../../wire/pool-messages.ts'
import { isMoved } from '../move.ts'

/** Payloads above this do not go through the ring: a ring of 256 KiB is there for many small ones. */
const LARGEST_IN_RING = 32 * 1024
/** Views from this size on are copied once and handed over, instead of being encoded. */
const LARGE_VIEW = 8 * 1024
const VIEW_HEAD_BYTES = 8

/** A list of tasks or results, ready to be written into a record. */
export interface Payload {
  readonly form: number
  /** In the ring, behind the head; 0 for what goes over the port. */
  readonly byteLength: number
  /** In all, for limits. */
  readonly weight: number
  /** `encoded`, `portBytes`: the bytes; otherwise the list. */
  readonly content: Uint8Array | readonly unknown[]
  readonly from: number
  readonly to: number
}

/** Items `from` to `to` of a list as a payload. Throws TypeError where one cannot travel. Nothing is copied yet. */
export function makePayload(list: readonly unknown[], from: number, to: number): Payload {
  const count = to - from
  if (areNumbers(list, from, to)) {
    const weight = count * 8
    const fits = weight <= LARGEST_IN_RING
    return {
      form: fits ? PayloadForm.numbers : PayloadForm.portNumbers,
      byteLength: fits ? weight : 0,
      weight,
      content: list,
      from,
      to,
    }
  }
  const viewBytes = handedOverBytes(list, from, to)
  if (viewBytes >= 0) return { form: PayloadForm.portList, byteLength: 0, weight: viewBytes, content: list, from, to }
  const only = list[from]
  if (count === 1 && isPlainView(only) && only.byteLength <= LARGEST_IN_RING) {
    const byteLength = VIEW_HEAD_BYTES + only.byteLength
    return { form: PayloadForm.view, byteLength, weight: byteLength, content: list, from, to }
  }
  const { bytes, beside } = pack(count === list.length ? list : list.slice(from, to))
  if (beside.length === 0) return bytesPayload(bytes)
  const weight = bytes.byteLength
  return { form: PayloadForm.portShared, byteLength: 0, weight, content: [bytes, beside], from: 0, to: 2 }
}

/** What `encode` made, as a payload. */
export function bytesPayload(bytes: Uint8Array): Payload {
  const fits = bytes.byteLength <= LARGEST_IN_RING
  return {
    form: fits ? PayloadForm.encoded : PayloadForm.portBytes,
    byteLength: fits ? bytes.byteLength : 0,
    weight: bytes.byteLength,
    content: bytes,
    from: 0,
    to: 0,
  }
}

/** A value for another thread of this process. */
export interface Packed {
  readonly bytes: Uint8Array
  /** Shared memory in it, for a message of node:worker_threads. */
  readonly beside: readonly unknown[]
}

/** Throws TypeError where the value cannot travel. */
export function pack(value: unknown): Packed {
  const beside: unknown[] = []
  const bytes = besideBytes(beside, () => encode(value))
  return { bytes, beside }
}

export function unpack({ bytes, beside }: Packed): unknown {
  return withShared(beside, () => decode(bytes))
}

function areNumbers(list: readonly unknown[], from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) if (typeof list[i] !== 'number') return false
  return true
}

/** A typed array whose class is one of the language's: a Buffer or another subclass has more to it. */
function isPlainView(value: unknown): value is View {
  return isView(value) && value.constructor === viewConstructor(datatypeOf(value))
}

/**
 * Bytes of the views of a list that consists of nothing but views, primitives and lists of them, and holds a large or shared view; -1 for
 * other lists.
 */
function handedOverBytes(list: readonly unknown[], from: number, to: number): number {
  let bytes = 0
  let isWorthIt = false
  for (let i = from; i < to; i += 1) {
    const value = list[i]
    if (Array.isArray(value)) {
      const inner = handedOverBytes(value, 0, value.length)
      if (inner < 0 && !value.every(isPrimitive)) return -1
      if (inner >= 0) isWorthIt = true
      bytes += Math.max(inner, 0)
    } else if (isPlainView(value)) {
      bytes += value.byteLength
      if (value.byteLength >= LARGE_VIEW || value.buffer instanceof SharedArrayBuffer || isMoved(value))
        isWorthIt = true
    } else if (!isPrimitive(value)) return -1
  }
  return isWorthIt ? bytes : -1
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol')
}

/** Writes a payload at `writer.bodyOffset + offset`, or posts it. */
export function writePayload(payload: Payload, writer: RingWriter, offset: number, port: MessagePort): void {
  const { content, from, to, form } = payload
  const at = writer.bodyOffset + offset
  if (!Array.isArray(content)) {
    // Made by encode.
    const bytes = content as Uint8Array
    if (form === PayloadForm.encoded) return writer.bytes.set(bytes, at)
    const own = bytes.slice()
    return port.postMessage(own, [own.buffer])
  }
  if (form === PayloadForm.numbers) {
    const { floats } = writer
    for (let i = from, to8 = at >> 3; i < to; i += 1, to8 += 1) floats[to8] = content[i] as number
  } else if (form === PayloadForm.portNumbers) {
    const numbers = new Float64Array(to - from)
    for (let i = from; i < to; i += 1) numbers[i - from] = content[i] as number
    port.postMessage(numbers, [numbers.buffer])
  } else if (form === PayloadForm.view) {
    const view = content[from] as View
    writer.words[at >> 2] = datatypeOf(view)
    writer.words[(at >> 2) + 1] = 0
    copyBytes(bytesOf(view), 0, writer.bytes, at + VIEW_HEAD_BYTES, view.byteLength)
  } else if (form === PayloadForm.portShared) {
    const [bytes, beside] = content as [Uint8Array, unknown[]]
    const own = bytes.slice()
    port.postMessage([own, beside], [own.buffer])
  } else postList(content.slice(from, to), port)
}

function postList(list: unknown[], port: MessagePort): void {
  const transferred = new Set<ArrayBuffer>()
  port.postMessage(handOver(list, transferred), [...transferred])
}

/** The list with large views replaced by copies that are transferred. */
function handOver(list: readonly unknown[], transferred: Set<ArrayBuffer>): unknown[] {
  return list.map((value) => {
    if (Array.isArray(value)) return handOver(value, transferred)
    if (!isView(value) || value.buffer instanceof SharedArrayBuffer) return value
    const own = isMoved(value) ? value : value.slice()
    transferred.add(own.buffer as ArrayBuffer)
    return own
  })
}

/** Reads the list that writePayload wrote into the record that `reader` is at. `count`: its length. */
export function readPayload(
  reader: RingReader,
  offset: number,
  form: number,
  count: number,
  port: MessagePort,
): ArrayLike<unknown> {
  const at = reader.bodyOffset + offset
  if (form === PayloadForm.numbers) {
    if (count === 1) return [reader.floats[at >> 3]]
    return reader.floats.slice(at >> 3, (at >> 3) + count)
  }
  const bytes = reader.bodyBytes - offset
  if (form === PayloadForm.encoded) return decode(reader.bytes.slice(at, at + bytes)) as unknown[]
  if (form === PayloadForm.view) {
    const constructor = viewConstructor(reader.words[at >> 2] ?? 0)
    const memory = new Uint8Array(bytes - VIEW_HEAD_BYTES)
    copyBytes(reader.bytes, at + VIEW_HEAD_BYTES, memory, 0, memory.length)
    return [new constructor(memory.buffer)]
  }
  const received: unknown = receiveMessageOnPort(port)?.message
  if (form === PayloadForm.portShared) {
    const [own, beside] = received as [Uint8Array, unknown[]]
    return unpack({ bytes: own, beside }) as unknown[]
  }
  // Posted by writePayload before the record was published, so it is there.
  return form === PayloadForm.portBytes
    ? (decode(received as Uint8Array) as unknown[])
    : (received as ArrayLike<unknown>)
}

/** Takes a payload that nobody wants off the port. */
export function skipPayload(form: number, port: MessagePort): void {
  if (form >= PayloadForm.portBytes) receiveMessageOnPort(port)
}
