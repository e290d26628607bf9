import { copyView } from '../base/copy-bytes.ts'
import { elementConstructor, elementExpression, type ElementView } from '../wire/element-types.ts'
import { WindowLock } from './window-lock.ts'

/** Where a part of a window lies; the same for all threads of the node. */
export interface WindowMemory {
  readonly control: SharedArrayBuffer
  readonly data: SharedArrayBuffer
  readonly byteOffset: number
  /** Elements. */
  readonly length: number
  readonly datatype: number
}

/*
 * The control block of a part, int32 each, in a buffer of its own:
 *
 *   0        mutex    0 free · 1 held · 2 held, and somebody sleeps
 *   64       the lock of epochs: shm/window-lock.ts
 */
const MUTEX = 0
const FREE = 0
const HELD = 1
const CONTENDED = 2
const LOCK_BYTES_AT = 64

/** Looks at the mutex before a thread sleeps. Its holder has it for some µs. */
const SPINS = 200
/** Nobody holds the mutex for longer than it takes to combine so many elements. */
const ELEMENTS_AT_ONCE = 4096

type Loop = (target: ElementView, source: ElementView) => void

/**
 * One rank's part of a window. Any thread of the node works on it. Operations that read and write (accumulate, getAccumulate, fetchAndOp, compareAndSwap)
 * exclude each other element by element; put and get are copies.
 */
export class WindowPart {
  readonly view: ElementView
  readonly lock: WindowLock
  readonly datatype: number
  readonly #words: Int32Array

  constructor(memory: WindowMemory) {
    const constructor = elementConstructor(memory.datatype)
    this.view = new constructor(memory.data, memory.byteOffset, memory.length)
    this.datatype = memory.datatype
    this.#words = new Int32Array(memory.control, 0, LOCK_BYTES_AT / 4)
    this.lock = WindowPart.lockOf(memory.control)
  }

  /** Bytes of a control block for a communicator of `size` ranks. */
  static controlBytes(size: number): number {
    return LOCK_BYTES_AT + WindowLock.bytes(size)
  }

  /** The lock in a control block. */
  static lockOf(control: SharedArrayBuffer): WindowLock {
    return new WindowLock(new Int32Array(control, LOCK_BYTES_AT))
  }

  put(index: number, source: ElementView): void {
    copyView(source, this.view.subarray(index, index + source.length))
  }

  get(index: number, into: ElementView): void {
    copyView(this.view.subarray(index, index + into.length), into)
  }

  /** `part[index + i] = operation(part[index + i], source[i])`. Blocks for some µs at most. */
  accumulate(operation: string, index: number, source: ElementView): void {
    const loop = loopOf(operation, this.datatype)
    for (let from = 0; from < source.length; from += ELEMENTS_AT_ONCE) {
      const some = source.subarray(from, from + ELEMENTS_AT_ONCE)
      const target = this.view.subarray(index + from, index + from + some.length)
      this.#enter()
      loop(target, some)
      this.#leave()
    }
  }

  /** The same; `into`, apart from `source`, gets what was there. Blocks for some µs at most. */
  getAccumulate(operation: string, index: number, source: ElementView, into: ElementView): void {
    const loop = loopOf(operation, this.datatype)
    for (let from = 0; from < source.length; from += ELEMENTS_AT_ONCE) {
      const some = source.subarray(from, from + ELEMENTS_AT_ONCE)
      const target = this.view.subarray(index + from, index + from + some.length)
      const old = into.subarray(from, from + some.length)
      this.#enter()
      copyView(target, old)
      loop(target, some)
      this.#leave()
    }
  }

  /** Combines an element with `operand[0]`; returns the old value. */
  fetchAndOp(operation: string, index: number, operand: ElementView): number | bigint {
    const loop = loopOf(operation, this.datatype)
    const target = this.view.subarray(index, index + 1)
    this.#enter()
    const old = target[0] ?? 0
    loop(target, operand)
    this.#leave()
    return old
  }

  /** Stores `values[1]` in an element that is equal to `values[0]`; returns the old value. */
  compareAndSwap(index: number, values: ElementView): number | bigint {
    const target = this.view.subarray(index, index + 1)
    this.#enter()
    const old = target[0] ?? 0
    if (old === values[0]) copyView(values.subarray(1, 2), target)
    this.#leave()
    return old
  }

  /** Whether the mutex is free; for threads that must not wait, and try again later. */
  get isFree(): boolean {
    return Atomics.load(this.#words, MUTEX) === FREE
  }

  #enter(): void {
    // Pairs with the exchange in #leave(): who gets the mutex sees what its last holder wrote.
    for (let i = 0; i < SPINS; i += 1) {
      if (Atomics.compareExchange(this.#words, MUTEX, FREE, HELD) === FREE) return
    }
    // From here on the holder has somebody to wake; whoever sleeps next says so again.
    while (Atomics.exchange(this.#words, MUTEX, CONTENDED) !== FREE) Atomics.wait(this.#words, MUTEX, CONTENDED, 1)
  }

  #leave(): void {
    // Pairs with the exchanges in #enter().
    if (Atomics.exchange(this.#words, MUTEX, FREE) === CONTENDED) Atomics.notify(this.#words, MUTEX, 1)
  }
}

// These two leave every bit of an element as it is.
const replace: Loop = (target, source) => copyView(source, target)
const leave: Loop = () => undefined

const loops = new Map<string, Loop>()

// Each loop is code of its own, as in mpi/operations/reduce-loops.ts: a loop for all operations costs several times as much per element.
function loopOf(operation: string, datatype: number): Loop {
  if (operation === 'REPLACE') return replace
  if (operation === 'NO_OP') return leave
  const key = `${operation} ${datatype}`
  let loop = loops.get(key)
  if (loop === undefined) {
    const expression = elementExpression(operation, datatype)
    if (expression === undefined) throw new RangeError(`${operation} is not defined on datatype ${datatype}`)
    const body = `for (let i = 0; i < b.length; i += 1) { const x = a[i], y = b[i]; a[i] = ${expression} }`
    // The source is one of the constants of wire/element-types.ts, whose type this is.
    // oxlint-disable-next-line typescript/no-implied-eval
    loop = new Function('a', 'b', body) as Loop
    loops.set(key, loop)
  }
  return loop
}
