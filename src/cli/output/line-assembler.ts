/** A line longer than this is passed on in pieces, so that a rank that never ends its line does not fill the memory. */
const LONGEST_LINE = 1024 * 1024
const NEWLINE = 10

/**
 * Cuts the bytes of one rank's stream into whole lines, so that lines of different ranks never mix. The last line may lack its
 * newline until end().
 */
export class LineAssembler {
  #partial: Uint8Array[] = []
  #partialBytes = 0

  /** Bytes that wait for the end of their line. */
  get pendingBytes(): number {
    return this.#partialBytes
  }

  /** Takes bytes and returns those that are ready to be written: up to the last newline. */
  add(bytes: Uint8Array): Uint8Array {
    const end = bytes.lastIndexOf(NEWLINE) + 1
    if (end === 0) {
      this.#keep(bytes)
      return this.#partialBytes > LONGEST_LINE ? this.take() : new Uint8Array()
    }
    const ready =
      this.#partialBytes === 0 ? bytes.subarray(0, end) : Buffer.concat([...this.#partial, bytes.subarray(0, end)])
    this.#partial = []
    this.#partialBytes = 0
    this.#keep(bytes.subarray(end))
    return ready
  }

  /** Hands out what waits, newline or not. */
  take(): Uint8Array {
    const bytes = Buffer.concat(this.#partial)
    this.#partial = []
    this.#partialBytes = 0
    return bytes
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#partial.push(bytes)
    this.#partialBytes += bytes.length
  }
}
