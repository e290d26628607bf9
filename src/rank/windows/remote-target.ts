import { bytesOf, type View, viewConstructor } from '../../mpi/datatypes/datatype.ts'
import type { Begun, WindowTarget, WindowWait } from '../../mpi/link/window-access.ts'
import { elementsBehind, WINDOW_REPLY_BYTES, WindowCall, windowOperations } from '../../wire/window-messages.ts'
import { type Piece, type RemotePart, TargetRequests } from './target-requests.ts'
import type { WindowRequests } from './window-requests.ts'

/** What one request of a view has: elements `from` … of the view, `piece`. */
type MakePiece = (piece: View, from: number) => Omit<Piece, 'onReply' | 'onSent'>

/** A part of a window on another node: its agent does what this rank asks for. put and accumulate go on while the caller does. */
export class RemoteTarget implements WindowTarget {
  readonly #datatype: number
  readonly #mostBytes: number
  readonly #requests: TargetRequests
  readonly #wait: WindowWait

  constructor(part: RemotePart, requests: WindowRequests, wait: WindowWait) {
    this.#datatype = part.datatype
    this.#mostBytes = requests.mostBytes
    this.#requests = new TargetRequests(part, requests)
    this.#wait = wait
  }

  put(view: View, index: number): void {
    this.#sendInTurn('put', view, putOf(index))
  }

  iput(view: View, index: number): Begun<void> {
    return this.#sendLater(view, putOf(index))
  }

  get(into: View, index: number): void {
    this.#finish('get', this.iget(into, index))
  }

  iget(into: View, index: number): Begun<void> {
    return this.#askFor(into, (piece, from) => {
      return { call: WindowCall.get, index: index + from, count: piece.length, replied: piece.length }
    })
  }

  accumulate(operation: string, view: View, index: number): void {
    this.#sendInTurn('accumulate', view, accumulateOf(operation, index))
  }

  iaccumulate(operation: string, view: View, index: number): Begun<void> {
    return this.#sendLater(view, accumulateOf(operation, index))
  }

  getAccumulate(operation: string, view: View, into: View, index: number): void {
    this.#finish('getAccumulate', this.igetAccumulate(operation, view, into, index))
  }

  igetAccumulate(operation: string, view: View, into: View, index: number): Begun<void> {
    const number = operationNumber(operation)
    return this.#askFor(into, (piece, from) => {
      const elements = bytesOf(view.subarray(from, from + piece.length))
      const replied = piece.length
      return { call: WindowCall.getAccumulate, index: index + from, operation: number, elements, replied }
    })
  }

  fetchAndOp(operation: string, operand: View, index: number): number | bigint {
    return this.#finish('fetchAndOp', this.ifetchAndOp(operation, operand, index))
  }

  ifetchAndOp(operation: string, operand: View, index: number): Begun<number | bigint> {
    return this.#askForOne(WindowCall.fetchAndOp, index, operand, operationNumber(operation))
  }

  compareAndSwap(values: View, index: number): number | bigint {
    return this.#finish('compareAndSwap', this.icompareAndSwap(values, index))
  }

  icompareAndSwap(values: View, index: number): Begun<number | bigint> {
    return this.#askForOne(WindowCall.compareAndSwap, index, values, 0)
  }

  lock(isShared: boolean): void {
    this.#finish('lock', this.ilock(isShared))
  }

  ilock(isShared: boolean): Begun<void> {
    let isDone = false
    const onReply = (): void => void (isDone = true)
    const [asks, givesUp] = [isShared ? WindowCall.lockShared : WindowCall.lock, WindowCall.unlock]
    this.#requests.send({ call: asks, index: 0, replied: 0, onReply })
    const abandon = (): void => {
      if (this.#requests.withdraw((piece) => piece.onReply === onReply)) return
      // Who waits no longer does not have the lock, or gives it back at once.
      this.#requests.sendFirst({ call: givesUp, index: 0, replied: 0, onReply: () => undefined })
    }
    return { hasCome: () => isDone, finish: () => undefined, abandon }
  }

  unlock(): void {
    this.#finish('unlock', this.iunlock())
  }

  iunlock(): Begun<void> {
    // The agent does one after the other what this rank asks for, so all that was begun is done before.
    let isDone = false
    this.#requests.send({ call: WindowCall.unlock, index: 0, replied: 0, onReply: () => void (isDone = true) })
    return { hasCome: () => isDone, finish: () => undefined, abandon: () => undefined }
  }

  flush(): void {
    this.#finish('flush', this.iflush())
  }

  iflush(): Begun<void> {
    return this.#requests.all()
  }

  #finish<T>(what: string, begun: Begun<T>): T {
    try {
      if (!begun.hasCome()) this.#wait(what, begun)
    } catch (error) {
      begun.abandon()
      throw error
    }
    return begun.finish()
  }

  /** Sends one piece after the other, each when there is room for it: of none a copy is made. */
  #sendInTurn(what: string, view: View, make: MakePiece): void {
    const room = { hasCome: () => this.#requests.hasRoom }
    this.#inPieces(view, (piece, from) => {
      if (!room.hasCome()) this.#wait(what, room)
      this.#requests.send({ ...make(piece, from), onReply: () => undefined })
    })
  }

  /** Sends what there is room for, and a copy of the rest later. Done when all has left. */
  #sendLater(view: View, make: MakePiece): Begun<void> {
    let left = Math.ceil(view.length / this.#mostElements(view))
    const onSent = (): void => void (left -= 1)
    this.#inPieces(view, (piece, from) => {
      this.#requests.send({ ...make(piece, from), onReply: () => undefined, onSent })
    })
    return { hasCome: () => left === 0, finish: () => undefined, abandon: () => undefined }
  }

  /** Asks for the elements of a view, which the replies are put into. */
  #askFor(into: View, make: MakePiece): Begun<void> {
    let left = Math.ceil(into.length / this.#mostElements(into))
    let isGivenUp = false
    this.#inPieces(into, (piece, from) => {
      const onReply = (bytes: Uint8Array): void => {
        left -= 1
        if (!isGivenUp) bytesOf(piece).set(bytes.subarray(WINDOW_REPLY_BYTES))
      }
      this.#requests.send({ ...make(piece, from), onReply })
    })
    return { hasCome: () => left === 0, finish: () => undefined, abandon: () => void (isGivenUp = true) }
  }

  /** Asks for an old value. */
  #askForOne(call: number, index: number, operands: View, operation: number): Begun<number | bigint> {
    let old: number | bigint | undefined
    const onReply = (bytes: Uint8Array): void => {
      // A record's body is a copy that begins its buffer.
      old = elementsBehind(WINDOW_REPLY_BYTES, bytes, viewConstructor(this.#datatype))[0]
    }
    this.#requests.send({ call, index, operation, elements: bytesOf(operands), replied: 1, onReply })
    return { hasCome: () => old !== undefined, finish: () => old ?? 0, abandon: () => undefined }
  }

  #mostElements(view: View): number {
    return this.#mostBytes / view.BYTES_PER_ELEMENT
  }

  /** Calls `send` with one piece after the other that fits a request. */
  #inPieces(view: View, send: (piece: View, from: number) => void): void {
    const most = this.#mostElements(view)
    for (let from = 0; from < view.length; from += most) send(view.subarray(from, from + most), from)
  }
}

function putOf(index: number): MakePiece {
  return (piece, from) => ({ call: WindowCall.put, index: index + from, elements: bytesOf(piece), replied: 0 })
}

function accumulateOf(operation: string, index: number): MakePiece {
  const number = operationNumber(operation)
  return (piece, from) => {
    const elements = bytesOf(piece)
    return { call: WindowCall.accumulate, index: index + from, operation: number, elements, replied: 0 }
  }
}

function operationNumber(operation: string): number {
  return windowOperations.findIndex((name) => name === operation)
}
