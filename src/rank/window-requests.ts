import { RecordKind } from '../wire/record.ts'
import {
  encodeWindowRequest,
  MOST_WINDOW_BYTES,
  WINDOW_REPLY_BYTES,
  WINDOW_REQUEST_BYTES,
  type WindowRequest,
} from '../wire/window-messages.ts'
import type { ShmLink } from './shm-link.ts'

const NO_BYTES = new Uint8Array(0)

/** What waits for a reply. `bytes`: the reply from its beginning; the elements stand behind WINDOW_REPLY_BYTES. */
export type OnReply = (bytes: Uint8Array) => void

/** Requests of this rank to windows of other nodes, and the replies. */
export class WindowRequests {
  readonly #link: ShmLink
  readonly #waiting = new Map<number, OnReply>()
  #next = 0
  /** Bytes of elements that one request or reply may carry: a record of it fits a ring. */
  readonly mostBytes: number

  constructor(link: ShmLink) {
    this.#link = link
    const room = link.toAgent.largestBody - WINDOW_REQUEST_BYTES
    this.mostBytes = Math.min(MOST_WINDOW_BYTES, room & -8)
    link.onWindowReply = (bytes) => this.#replied(bytes)
  }

  /** Sends a request; blocks until the agent has taken it. */
  send(request: Omit<WindowRequest, 'number'>, elements: Uint8Array = NO_BYTES, onReply: OnReply): void {
    this.#next = (this.#next + 1) >>> 0
    this.#waiting.set(this.#next, onReply)
    this.#link.tellAgent(RecordKind.windowRequest, encodeWindowRequest({ ...request, number: this.#next }, elements))
  }

  #replied(bytes: Uint8Array): void {
    const number = new DataView(bytes.buffer, bytes.byteOffset, WINDOW_REPLY_BYTES).getFloat64(0, true)
    const onReply = this.#waiting.get(number)
    this.#waiting.delete(number)
    onReply?.(bytes)
  }
}
