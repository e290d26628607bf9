import type { MessagePort } from 'node:worker_threads'
import { Doorbell } from '../../shm/doorbell.ts'
import { RingReader, RingWriter } from '../../shm/ring.ts'
import { encode } from '../../wire/codec.ts'
import { DISPATCHER_END, THREAD_END } from '../../wire/pool-messages.ts'
import { Spin } from '../spin.ts'
import type { PoolThreadConfig } from '../thread-config.ts'

const EMPTY = new Uint8Array(0)
/** Largest error that is sent as it is. */
const LARGEST_ERROR = 64 * 1024

/** The thread's end of its memory: rings to and from the dispatcher, its bell, its control words. */
export class ThreadEnd {
  readonly inbox: RingReader
  readonly outbox: RingWriter
  readonly port: MessagePort
  readonly control: Int32Array
  readonly #bell: Doorbell
  readonly #spin: Spin

  constructor(config: PoolThreadConfig) {
    const { memory, bell, port, control, maySpin } = config
    const dispatcherBell = new Doorbell(bell.memory, bell.endpoint)
    this.#bell = new Doorbell(memory, THREAD_END)
    this.inbox = new RingReader(memory, DISPATCHER_END, THREAD_END, dispatcherBell)
    this.outbox = new RingWriter(memory, THREAD_END, DISPATCHER_END, dispatcherBell)
    this.port = port
    this.control = new Int32Array(control)
    this.#spin = new Spin(maySpin)
  }

  /** Blocks until the outbox has room for a record of this many bytes. */
  reserve(bytes: number): void {
    while (!this.outbox.reserve(bytes, bytes)) {
      this.outbox.wake()
      const seen = this.#bell.prepare()
      // The limit is for a dispatcher that made room between the two looks, which takeNewRoom() would tell; here a look is as cheap.
      if (!this.outbox.takeNewRoom()) this.#bell.sleep(seen, 20)
      else this.#bell.awake()
    }
  }

  /** Blocks until the record is in the outbox; the dispatcher is woken. */
  tell(kind: number, word: number, body: Uint8Array = EMPTY): void {
    this.reserve(body.length)
    this.outbox.bytes.set(body, this.outbox.bodyOffset)
    this.outbox.commit(kind, word, 0, body.length)
  }

  tellError(kind: number, word: number, error: unknown): void {
    this.tell(kind, word, encodeError(error))
  }

  /** Looks for a while; whether there is something to read. */
  spin(): boolean {
    return this.#spin.spin(() => this.inbox.hasNext())
  }

  /** Blocks until there is something to read. */
  sleep(): void {
    const seen = this.#bell.prepare()
    if (this.inbox.hasNext()) this.#bell.awake()
    else this.#bell.sleep(seen, Number.POSITIVE_INFINITY)
  }

  /** Resolves when the bell has rung; `isDone`: what may have happened just before. */
  async sleepAsync(isDone: () => boolean): Promise<void> {
    const seen = this.#bell.prepare()
    if (isDone()) return this.#bell.awake()
    await this.#bell.sleepAsync(seen)
  }
}

/** Lines of a stack that show only how the thread works. */
const OWN_LINE = /^\s+at .*(mpirun-ts:pool-thread|\[worker eval\]|node:internal\/)/
/** Causes of causes whose stacks are cleaned. */
const DEEPEST_CAUSE = 8

function cleanStacks(error: unknown, depth: number): void {
  if (!(error instanceof Error) || depth > DEEPEST_CAUSE) return
  const lines = error.stack?.split('\n')
  try {
    if (lines !== undefined) error.stack = lines.filter((line) => !OWN_LINE.test(line)).join('\n')
  } catch {
    // A frozen error keeps its stack.
  }
  cleanStacks(error.cause, depth + 1)
}

/** An error as bytes, whatever it holds. */
export function encodeError(error: unknown): Uint8Array {
  cleanStacks(error, 0)
  try {
    const bytes = encode(error)
    if (bytes.length <= LARGEST_ERROR) return bytes
  } catch {
    // Something in it cannot travel: its text can.
  }
  if (!(error instanceof Error)) return encode(new Error(`a task threw ${typeof error} that cannot be sent`))
  const plain = new Error(error.message.slice(0, LARGEST_ERROR / 4))
  Object.defineProperty(plain, 'name', { value: error.name, configurable: true, writable: true })
  if (error.stack !== undefined) plain.stack = error.stack.slice(0, LARGEST_ERROR / 4)
  return encode(plain)
}
