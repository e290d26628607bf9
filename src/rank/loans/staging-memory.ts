/** Kept for later, in bytes. */
const KEPT_BYTES = 16 * 1024 * 1024
const SMALLEST_BYTES = 8 * 1024

/** Shared memory for copies of messages, kept from one to the next: receivers have the handles of kept buffers already. */
export class StagingMemory {
  /** By binary logarithm of their length. */
  readonly #free: SharedArrayBuffer[][] = []
  #keptBytes = 0

  /** At least `bytes` bytes of any content. */
  take(bytes: number): SharedArrayBuffer {
    const power = powerFor(bytes)
    const buffer = this.#free[power]?.pop()
    if (buffer === undefined) return new SharedArrayBuffer(2 ** power)
    this.#keptBytes -= buffer.byteLength
    return buffer
  }

  /** Takes back what take() gave; nobody reads or writes it any more. */
  giveBack(buffer: SharedArrayBuffer): void {
    if (this.#keptBytes + buffer.byteLength > KEPT_BYTES) return
    const power = powerFor(buffer.byteLength)
    while (this.#free.length <= power) this.#free.push([])
    this.#free[power]?.push(buffer)
    this.#keptBytes += buffer.byteLength
  }
}

function powerFor(bytes: number): number {
  return Math.ceil(Math.log2(Math.max(bytes, SMALLEST_BYTES)))
}
