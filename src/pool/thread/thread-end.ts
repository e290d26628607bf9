import type { MessagePort } from 'node:worker_threads'
import { Doorbell } from '../../shm/doorbell.ts'
import { RingReader, RingWriter } from '../../shm/ring.ts'
import { DISPATCHER_END, THREAD_END } from '../../wire/pool-messages.ts'
import { bytesPayload, writePayload } from '../dispatch/payload.ts'
import { Spin } from '../dispatch/spin.ts'
import type { PoolThreadConfig } from '../lanes/thread-config.ts'
import { encodeError } from './encode-error.ts'

const EMPTY = new Uint8Array(0)

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

  /** The same for an error: the record's second word is the form of the payload. */
  tellError(kind: number, word: number, error: unknown): void {
    const payload = bytesPayload(encodeError(error))
    this.reserve(payload.byteLength)
    writePayload(payload, this.outbox, 0, this.port)
    this.outbox.commit(kind, word, payload.form, payload.byteLength)
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
