import { bytesOf, type View, viewConstructor } from '../mpi/datatype.ts'
import type { WindowTarget, WindowWait } from '../mpi/window-access.ts'
import { elementsBehind, WINDOW_REPLY_BYTES, WindowCall, windowOperations } from '../wire/window-messages.ts'
import type { WindowRequests } from './window-requests.ts'

/** Requests to one target that have no reply yet; bounds what agents hold. */
const MOST_OUTSTANDING = 16

/** Which part of which rank. */
export interface RemotePart {
  readonly part: number
  /** World rank. */
  readonly target: number
  /** This rank in the window's communicator. */
  readonly origin: number
  readonly datatype: number
}

/** A part of a window on another node: its agent does what this rank asks for. put and accumulate go on while the caller does. */
export class RemoteTarget implements WindowTarget {
  readonly #part: RemotePart
  readonly #requests: WindowRequests
  readonly #wait: WindowWait
  #outstanding = 0

  constructor(part: RemotePart, requests: WindowRequests, wait: WindowWait) {
    this.#part = part
    this.#requests = requests
    this.#wait = wait
  }

  put(view: View, index: number): void {
    this.#inPieces(view, (piece, from) => {
      this.#send(WindowCall.put, { index: index + from }, bytesOf(piece), () => undefined)
    })
  }

  get(into: View, index: number): void {
    this.#inPieces(into, (piece, from) => {
      this.#send(WindowCall.get, { index: index + from, count: piece.length }, undefined, (bytes) => {
        bytesOf(piece).set(bytes.subarray(WINDOW_REPLY_BYTES))
      })
    })
    this.#drain('get', 0)
  }

  accumulate(operation: string, view: View, index: number): void {
    const number = operationNumber(operation)
    this.#inPieces(view, (piece, from) => {
      this.#send(WindowCall.accumulate, { index: index + from, operation: number }, bytesOf(piece), () => undefined)
    })
  }

  fetchAndOp(operation: string, operand: View, index: number): number | bigint {
    return this.#ask(WindowCall.fetchAndOp, { index, operation: operationNumber(operation) }, operand)
  }

  compareAndSwap(values: View, index: number): number | bigint {
    return this.#ask(WindowCall.compareAndSwap, { index }, values)
  }

  lock(isShared: boolean): void {
    this.#send(isShared ? WindowCall.lockShared : WindowCall.lock, { index: 0 }, undefined, () => undefined)
    try {
      this.#drain('lock', 0)
    } catch (error) {
      // A deadlock. Who catches it does not have the lock, or gives it back at once.
      this.#post(WindowCall.unlock, { index: 0 }, undefined, () => undefined)
      throw error
    }
  }

  unlock(): void {
    this.#send(WindowCall.unlock, { index: 0 }, undefined, () => undefined)
    this.#drain('unlock', 0)
  }

  flush(): void {
    this.#drain('flush', 0)
  }

  /** Calls `send` with one piece after the other that fits a request. */
  #inPieces(view: View, send: (piece: View, from: number) => void): void {
    const most = this.#requests.mostBytes / view.BYTES_PER_ELEMENT
    for (let from = 0; from < view.length; from += most) send(view.subarray(from, from + most), from)
  }

  #ask(call: number, what: { index: number; operation?: number }, elements: View): number | bigint {
    let old: number | bigint = 0
    this.#send(call, what, bytesOf(elements), (bytes) => {
      // A record's body is a copy that begins its buffer.
      old = elementsBehind(WINDOW_REPLY_BYTES, bytes, viewConstructor(this.#part.datatype))[0] ?? 0
    })
    this.#drain('fetchAndOp', 0)
    return old
  }

  #send(
    call: number,
    what: { index: number; operation?: number; count?: number },
    elements: Uint8Array | undefined,
    onReply: (bytes: Uint8Array) => void,
  ): void {
    this.#drain('put', MOST_OUTSTANDING - 1)
    this.#post(call, what, elements, onReply)
  }

  /** Sends also where many have no reply yet. */
  #post(
    call: number,
    what: { index: number; operation?: number; count?: number },
    elements: Uint8Array | undefined,
    onReply: (bytes: Uint8Array) => void,
  ): void {
    this.#outstanding += 1
    const { part, target, origin } = this.#part
    const request = { call, operation: 0, count: 0, ...what, part, target, origin }
    const replied = this.#elementsReplied(call, request.count) * viewConstructor(this.#part.datatype).BYTES_PER_ELEMENT
    this.#requests.send(request, elements, replied, (bytes) => {
      this.#outstanding -= 1
      onReply(bytes)
    })
  }

  #elementsReplied(call: number, count: number): number {
    if (call === WindowCall.get) return count
    return call === WindowCall.fetchAndOp || call === WindowCall.compareAndSwap ? 1 : 0
  }

  /** Waits until at most `most` requests have no reply. */
  #drain(what: string, most: number): void {
    if (this.#outstanding > most) this.#wait(what, { hasCome: () => this.#outstanding <= most })
  }
}

function operationNumber(operation: string): number {
  return windowOperations.findIndex((name) => name === operation)
}
