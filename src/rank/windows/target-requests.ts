import type { Begun } from '../../mpi/link/window-access.ts'
import { viewConstructor } from '../../mpi/datatypes/datatype.ts'
import { WindowCall } from '../../wire/window-messages.ts'
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

/** One request. */
export interface Piece {
  readonly call: number
  readonly index: number
  /** Number of the operation, where the call has one. */
  readonly operation?: number
  /** Elements of `get`. */
  readonly count?: number
  /** Copied when it leaves. */
  readonly elements?: Uint8Array
  /** Elements of the reply. */
  readonly replied: number
  readonly onReply: (bytes: Uint8Array) => void
  /** It has left. */
  readonly onSent?: () => void
}

const LOCKING: ReadonlySet<number> = new Set([WindowCall.lock, WindowCall.lockShared, WindowCall.unlock])

/** Requests to one target, in order: what is over MOST_OUTSTANDING waits here and leaves when replies come. Never blocks. */
export class TargetRequests {
  readonly #part: RemotePart
  readonly #requests: WindowRequests
  readonly #queue: Piece[] = []
  /** Accesses that have no reply, by when they were begun. A lock may take its time, and nothing depends on it. */
  readonly #undone = new Set<number>()
  #begun = 0
  #underWay = 0

  constructor(part: RemotePart, requests: WindowRequests) {
    this.#part = part
    this.#requests = requests
  }

  /** Whether send() lets a request go at once. */
  get hasRoom(): boolean {
    return this.#queue.length === 0 && this.#underWay < MOST_OUTSTANDING
  }

  send(piece: Piece): void {
    const { hasRoom } = this
    const tracked = LOCKING.has(piece.call) ? piece : this.#track(piece)
    if (hasRoom) this.#post(tracked)
    else this.#queue.push(piece.elements === undefined ? tracked : { ...tracked, elements: piece.elements.slice() })
  }

  /** Sends before those that wait: a rank gives back a lock or its wait for one, in a call that fails. */
  sendFirst(piece: Piece): void {
    this.#post(piece)
  }

  /** Takes a request back that has not left. */
  withdraw(isIt: (piece: Piece) => boolean): boolean {
    const at = this.#queue.findIndex(isIt)
    if (at >= 0) this.#queue.splice(at, 1)
    return at >= 0
  }

  /** Done when all accesses that have begun are done. */
  all(): Begun<void> {
    const until = this.#begun
    const hasCome = (): boolean => {
      // A Set keeps the order in which they were begun.
      for (const first of this.#undone) return first > until
      return true
    }
    return { hasCome, finish: () => undefined, abandon: () => undefined }
  }

  #track(piece: Piece): Piece {
    this.#begun += 1
    const number = this.#begun
    this.#undone.add(number)
    const onReply = (bytes: Uint8Array): void => {
      this.#undone.delete(number)
      this.#underWay -= 1
      piece.onReply(bytes)
      this.#goOn()
    }
    return { ...piece, onReply }
  }

  #goOn(): void {
    while (this.#queue.length > 0 && this.#underWay < MOST_OUTSTANDING) {
      const piece = this.#queue.shift()
      if (piece !== undefined) this.#post(piece)
    }
  }

  #post({ call, index, operation = 0, count = 0, elements, replied, onReply, onSent }: Piece): void {
    if (!LOCKING.has(call)) this.#underWay += 1
    const { part, target, origin, datatype } = this.#part
    const bytes = replied * viewConstructor(datatype).BYTES_PER_ELEMENT
    this.#requests.send({ call, operation, count, index, part, target, origin }, elements, bytes, onReply)
    onSent?.()
  }
}
