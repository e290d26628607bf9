import { close, write } from 'node:fs'
import { systemReason } from '../../base/system-reason.ts'

/** Pieces are put together up to this size for one write. */
const WRITE_BYTES = 1024 * 1024
/** A descriptor that another program has set to non-blocking may say EAGAIN: try again after this. */
const RETRY_MS = 5

/** Called once when the descriptor cannot be written any more. `isClosed`: it is not a file, and its reader has gone away (`| head`). */
export type OnBroken = (message: string, isClosed: boolean) => void

export interface OutputTarget {
  readonly fd: number
  /** For messages. */
  readonly name: string
  /** It is ours alone and closed by end(); not standard output or error. */
  readonly isFile: boolean
}

interface Piece {
  readonly bytes: Uint8Array
  readonly written: () => void
}

/**
 * Writes to a file descriptor in order, without ever blocking the event loop: a reader that stops reading (`| less`) must not stop
 * this process's heartbeats.
 */
export class OutputWriter {
  readonly #target: OutputTarget
  readonly #onBroken: OnBroken
  #queue: Piece[] = []
  #isWriting = false
  #isBroken = false
  #onDrained: (() => void)[] = []
  #ended: Promise<void> | undefined

  constructor(target: OutputTarget, onBroken: OnBroken) {
    this.#target = target
    this.#onBroken = onBroken
  }

  write(bytes: Uint8Array, written: () => void): void {
    if (this.#isBroken) {
      written()
      return
    }
    this.#queue.push({ bytes, written })
    if (!this.#isWriting) this.#writeNext()
  }

  /** Resolves when everything has been written (or cannot be any more). */
  async drained(): Promise<void> {
    if (this.#isWriting) await new Promise<void>((resolve) => void this.#onDrained.push(resolve))
  }

  /** Resolves when everything has been written and a file is closed: a network file system may say only then that it has no space. */
  end(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<void> {
    await this.drained()
    if (!this.#target.isFile) return
    await new Promise<void>((resolve) => {
      close(this.#target.fd, (error) => {
        if (error) this.#break(error, resolve)
        else resolve()
      })
    })
  }

  #writeNext(): void {
    const pieces = this.#take()
    this.#isWriting = pieces.length > 0
    if (!this.#isWriting) {
      for (const resolve of this.#onDrained.splice(0)) resolve()
      return
    }
    const first = pieces[0]
    const bytes =
      pieces.length === 1 && first !== undefined ? first.bytes : Buffer.concat(pieces.map((piece) => piece.bytes))
    this.#writeAll(bytes, () => {
      for (const piece of pieces) piece.written()
      this.#writeNext()
    })
  }

  #take(): Piece[] {
    let bytes = 0
    let count = 0
    for (const piece of this.#queue) {
      if (count > 0 && bytes + piece.bytes.length > WRITE_BYTES) break
      bytes += piece.bytes.length
      count++
    }
    return this.#queue.splice(0, count)
  }

  #writeAll(bytes: Uint8Array, done: () => void): void {
    write(this.#target.fd, bytes, 0, bytes.length, null, (error, count) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.#writeAll(bytes, done), RETRY_MS)
      else if (error !== null) this.#break(error, done)
      else if (count < bytes.length) this.#writeAll(bytes.subarray(count), done)
      else done()
    })
  }

  #break(error: NodeJS.ErrnoException, done: () => void): void {
    const { name, isFile } = this.#target
    const queue = this.#queue.splice(0)
    if (!this.#isBroken)
      this.#onBroken(`cannot write to ${name}: ${systemReason(error)}`, error.code === 'EPIPE' && !isFile)
    this.#isBroken = true
    done()
    for (const piece of queue) piece.written()
  }
}
