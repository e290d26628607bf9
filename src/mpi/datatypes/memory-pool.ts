/** Memory that the pool keeps for the next call, in bytes. */
const KEPT_BYTES = 2 ** 25
const SMALLEST_BYTES = 1024

/**
 * Memory that collectives work in and that copies of large messages wait in, kept from call to call: new memory costs more than what is done in it, small because it is allocated, large
 * because its pages are touched for the first time.
 */
export class MemoryPool {
  /** By binary logarithm of their length. */
  private readonly free: ArrayBuffer[][] = []
  private keptBytes = 0

  /** At least `bytes` bytes of any content. */
  take(bytes: number): ArrayBuffer {
    const power = powerFor(bytes)
    const buffer = this.free[power]?.pop()
    if (buffer === undefined) return new ArrayBuffer(2 ** power)
    this.keptBytes -= buffer.byteLength
    return buffer
  }

  /** Takes back what `take` gave; nobody may use it any more. */
  giveBack(buffer: ArrayBuffer): void {
    if (this.keptBytes + buffer.byteLength > KEPT_BYTES) return
    const power = powerFor(buffer.byteLength)
    while (this.free.length <= power) this.free.push([])
    this.free[power]?.push(buffer)
    this.keptBytes += buffer.byteLength
  }
}

function powerFor(bytes: number): number {
  return Math.ceil(Math.log2(Math.max(bytes, SMALLEST_BYTES)))
}
