import { Readable } from 'node:stream'
import type { MessagePort } from 'node:worker_threads'
import type { FromRank } from '../wire/rank-messages.ts'

/**
 * The rank's standard input. Nothing is asked of the user's terminal or pipe before the program reads: `while read line; do
 * mpirun-ts …; done` keeps its lines.
 */
export class RankInput {
  readonly #port: MessagePort
  #stream: Readable | undefined
  #isOver = false

  constructor(port: MessagePort) {
    this.#port = port
  }

  install(): void {
    Object.defineProperty(process, 'stdin', { configurable: true, enumerable: true, get: () => this.#open() })
  }

  /** Bytes from the agent; null at the end of the input. */
  deliver(bytes: Uint8Array | null): void {
    if (bytes === null) {
      this.#isOver = true
      this.#port.unref()
    }
    this.#stream?.push(bytes)
  }

  #open(): Readable {
    if (this.#stream !== undefined) return this.#stream
    const stream = new Readable({
      read: () => {
        if (this.#isOver) return
        // From the first read to the end of the input the program is waiting for it, as with a process's own stdin.
        this.#port.ref()
        const message: FromRank = { type: 'stdinWanted' }
        this.#port.postMessage(message)
      },
    })
    Object.assign(stream, { fd: 0, isTTY: false })
    stream.on('pause', () => this.#port.unref())
    stream.on('resume', () => {
      if (!this.#isOver) this.#port.ref()
    })
    stream.on('close', () => this.#port.unref())
    this.#stream = stream
    return stream
  }
}
