import { type ElementConstructor, elementExpression } from './element-types.ts'

/** What an origin asks of a part of a window that is on another node. */
export const WindowCall = {
  put: 1,
  get: 2,
  accumulate: 3,
  fetchAndOp: 4,
  compareAndSwap: 5,
  lock: 6,
  lockShared: 7,
  unlock: 8,
  getAccumulate: 9,
} as const

/** Operations by their number in a request; the last two are for windows alone. */
export const windowOperations = [
  'SUM',
  'PROD',
  'MIN',
  'MAX',
  'LAND',
  'LOR',
  'LXOR',
  'BAND',
  'BOR',
  'BXOR',
  'REPLACE',
  'NO_OP',
] as const

/** Whether an operation is defined on elements of a datatype. */
export function isWindowOperation(name: string, datatype: number): boolean {
  return name === 'REPLACE' || name === 'NO_OP' || elementExpression(name, datatype) !== undefined
}

/**
 * A request to the agent of a target.
 *
 * byte 0  number     uint32  the origin's number of the request
 *      4  call       uint32  one of WindowCall
 *      8  operation  uint32  place in windowOperations, for accumulate, getAccumulate and fetchAndOp
 *     12  origin     uint32  rank of the origin in the window's communicator
 *     16  part       float64 the target's number of its part
 *     24  index      float64 first element
 *     32  count      uint32  elements, of get
 *     36  target     uint32  world rank
 *     40  elements: of put, accumulate and getAccumulate; the operand of fetchAndOp; expected and desired of compareAndSwap
 */
export interface WindowRequest {
  readonly number: number
  readonly call: number
  readonly operation: number
  readonly origin: number
  readonly part: number
  readonly index: number
  readonly count: number
  readonly target: number
}

export const WINDOW_REQUEST_BYTES = 40
/** Elements of one request or reply, in bytes, at most. */
export const MOST_WINDOW_BYTES: number = 64 * 1024
/** A reply: the number of the request (float64), then elements: of get, or the old ones of getAccumulate, fetchAndOp and compareAndSwap. */
export const WINDOW_REPLY_BYTES = 8

/** A request with the bytes of its elements. */
export function encodeWindowRequest(request: WindowRequest, elements: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(WINDOW_REQUEST_BYTES + elements.length)
  const words = new Uint32Array(bytes.buffer, 0, WINDOW_REQUEST_BYTES / 4)
  const floats = new Float64Array(bytes.buffer, 0, WINDOW_REQUEST_BYTES / 8)
  words.set([request.number, request.call, request.operation, request.origin])
  floats.set([request.part, request.index], 2)
  words.set([request.count, request.target], 8)
  bytes.set(elements, WINDOW_REQUEST_BYTES)
  return bytes
}

/** `bytes` begin at the beginning of their buffer. */
export function decodeWindowRequest(bytes: Uint8Array): WindowRequest {
  const words = new Uint32Array(bytes.buffer, 0, WINDOW_REQUEST_BYTES / 4)
  const floats = new Float64Array(bytes.buffer, 0, WINDOW_REQUEST_BYTES / 8)
  const [number = 0, call = 0, operation = 0, origin = 0] = words
  return {
    number,
    call,
    operation,
    origin,
    part: floats[2] ?? 0,
    index: floats[3] ?? 0,
    count: words[8] ?? 0,
    target: words[9] ?? 0,
  }
}

/** Elements behind a header of a request or a reply that begins its buffer. */
export function elementsBehind(
  header: number,
  bytes: Uint8Array,
  constructor: ElementConstructor,
): InstanceType<ElementConstructor> {
  return new constructor(bytes.buffer, header, (bytes.length - header) / constructor.BYTES_PER_ELEMENT)
}
