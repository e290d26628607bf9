/*
 * Shared memory within a value. A message holds a copy of it, as of all memory; a pool shares it: what is in the same process travels beside the bytes,
 * which name it by its place.
 */

/** Memory of MPI.alloc is made for messages, so it is copied wherever it cannot be shared. */
const MESSAGE_MEMORY: unique symbol = Symbol.for('mpirun-ts.message-memory')

/** Marks memory that other nodes may get a copy of. */
export function markAsMessageMemory(buffer: SharedArrayBuffer): void {
  Object.defineProperty(buffer, MESSAGE_MEMORY, { value: true })
}

/** What becomes of shared memory while a value is encoded: by default it is copied. */
let way: { readonly kind: 'beside'; readonly list: unknown[] } | { readonly kind: 'refused' } | undefined
let received: readonly unknown[] = []

/** The class, for `instanceof`, of what a value cannot hold as bytes, while that matters. */
export class Shared {
  static [Symbol.hasInstance](value: object): boolean {
    if (way === undefined || !isShared(value)) return false
    return way.kind === 'beside' || !isMessageMemory(value)
  }
}

function isShared(value: object): boolean {
  if (ArrayBuffer.isView(value)) return value.buffer instanceof SharedArrayBuffer
  if (value instanceof SharedArrayBuffer || value instanceof WebAssembly.Module) return true
  return value instanceof WebAssembly.Memory && value.buffer instanceof SharedArrayBuffer
}

function isMessageMemory(value: object): boolean {
  return ArrayBuffer.isView(value) && MESSAGE_MEMORY in value.buffer
}

/** The place of a shared thing beside the bytes. Throws TypeError where it has to stay on its node. */
export function placeOfShared(value: object): number {
  if (way?.kind !== 'beside') {
    const name = value.constructor.name
    const kind = value instanceof WebAssembly.Module ? 'a WebAssembly.Module' : `shared memory (${name})`
    throw new TypeError(`${kind} cannot be shared with another node: give a copy, such as view.slice()`)
  }
  return way.list.push(value) - 1
}

/** The shared thing at a place beside the bytes that are decoded. */
export function sharedAt(place: unknown): unknown {
  if (typeof place !== 'number' || place >= received.length) throw new RangeError('shared memory without its memory')
  return received[place]
}

/** Encodes by `run` with shared memory put beside the bytes: in `list`, which is for postMessage. */
export function besideBytes<T>(list: unknown[], run: () => T): T {
  return during({ kind: 'beside', list }, run)
}

/** Encodes by `run` for another node, where memory cannot be shared. `run` throws TypeError then. */
export function forOtherNode<T>(run: () => T): T {
  return during({ kind: 'refused' }, run)
}

function during<T>(wanted: Exclude<typeof way, undefined>, run: () => T): T {
  const before = way
  way = wanted
  try {
    return run()
  } finally {
    way = before
  }
}

/** Decodes by `run` what was encoded with `list` beside it. */
export function withShared<T>(list: readonly unknown[], run: () => T): T {
  const before = received
  received = list
  try {
    return run()
  } finally {
    received = before
  }
}
