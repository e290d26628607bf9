import { readvSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { FrameSplitter } from './frame-splitter.ts'
import { descriptorOf } from './socket-descriptor.ts'

/** As much as Node reads at once. When it has got all of that there is more. */
const FULL_READ_BYTES = 64 * 1024
/** Read with the end of a record: the header of the next frame, and of its first record, and the envelope of a message. */
const HEAD_BYTES = 96
/** At most so much in one turn of the event loop, beside what Node reads itself: other sockets have their turn. */
const TURN_BYTES = 4 * 1024 * 1024

/**
 * Reads from an unencrypted socket to where the bytes belong. Node makes new memory for each 64 KiB; to fill it for the first time and to copy it
 * takes as long as the reading.
 */
export class DirectReader {
  readonly #stream: Socket
  readonly #splitter: FrameSplitter
  #left = TURN_BYTES
  #isResetDue = false

  constructor(stream: Socket, splitter: FrameSplitter) {
    this.#stream = stream
    this.#splitter = splitter
  }

  /** Call it when the splitter has got a chunk that Node has read, within the same call of Node's, so that Node reads nothing meanwhile. */
  after(chunk: Uint8Array): void {
    if (chunk.length < FULL_READ_BYTES) return
    for (let place = this.#next(); place !== null; place = this.#next()) {
      const socket = descriptorOf(this.#stream)
      if (socket === undefined) return
      // New memory, because who gets the head may keep it.
      const head = Buffer.allocUnsafe(HEAD_BYTES)
      const count = read(socket, place, head)
      this.#left -= count
      const inPlace = Math.min(count, place.length)
      if (inPlace > 0) this.#splitter.came(inPlace)
      if (count > inPlace) this.#splitter.push(head.subarray(0, count - inPlace))
      if (count < place.length + HEAD_BYTES) break
    }
    this.#resetSoon()
  }

  #next(): Uint8Array | null {
    const { readableFlowing, destroyed } = this.#stream
    return readableFlowing === true && !destroyed && this.#left > 0 ? this.#splitter.next() : null
  }

  #resetSoon(): void {
    if (this.#isResetDue || this.#left === TURN_BYTES) return
    this.#isResetDue = true
    setImmediate(() => {
      this.#isResetDue = false
      this.#left = TURN_BYTES
    })
  }
}

/** Bytes that were there; 0 also at the end or where the connection is broken, which Node finds out itself. */
function read(socket: number, place: Uint8Array, head: Uint8Array): number {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return readvSync(socket, [place, head])
  } catch {
    return 0
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
