import { RecordKind } from '../../wire/record.ts'
import {
  encodeWindowRequest,
  MOST_WINDOW_BYTES,
  WINDOW_REPLY_BYTES,
  WINDOW_REQUEST_BYTES,
  type WindowRequest,
} from '../../wire/window-messages.ts'
import type { ShmLink } from '../link/shm-link.ts'

const NO_BYTES = new Uint8Array(0)

/** What waits for a reply. `bytes`: the reply from its beginning; the elements stand behind WINDOW_REPLY_BYTES. */
export type OnReply = (bytes: Uint8Array) => void

/** A request that has no reply yet. */
interface Waiting {
  readonly target: number
  /** Of the elements in the reply. */
  readonly bytes: number
  readonly onReply: OnReply
}

/** Requests of this rank to windows of other nodes, and the replies. */
export class WindowRequests {
  readonly #link: ShmLink
  readonly #waiting = new Map<number, Waiting>()
  #next = 0
  /** Bytes of elements that one request or reply may carry: a record of it fits a ring. */
  readonly mostBytes: number

  constructor(link: ShmLink) {
    this.#link = link
    const room = link.toAgent.largestBody - WINDOW_REQUEST_BYTES
    this.mostBytes = Math.min(MOST_WINDOW_BYTES, room & -8)
    link.onWindowReply = (source, bytes) => this.#replied(source, bytes)
  }

  /** Sends a request; blocks until the agent has taken it. `bytes`: of the elements that the reply has. */
  send(request: Omit<WindowRequest, 'number'>, elements: Uint8Array = NO_BYTES, bytes: number, onReply: OnReply): void {
    this.#next = (this.#next + 1) >>> 0
    this.#waiting.set(this.#next, { target: request.target, bytes, onReply })
    this.#link.tellAgent(RecordKind.windowRequest, encodeWindowRequest({ ...request, number: this.#next }, elements))
  }

  #replied(source: number, bytes: Uint8Array): void {
    const number = new DataView(bytes.buffer, bytes.byteOffset, WINDOW_REPLY_BYTES).getFloat64(0, true)
    const waiting = this.#waiting.get(number)
    if (waiting === undefined || waiting.target !== source || waiting.bytes !== bytes.length - WINDOW_REPLY_BYTES) {
      this.#link.misfit(source, `a reply to a window request that it was not asked for, from rank ${source}`)
      return
    }
    this.#waiting.delete(number)
    waiting.onReply(bytes)
  }
}
