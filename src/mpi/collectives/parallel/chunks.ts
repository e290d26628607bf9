/** Items `from` to `to` of the work of parallelMap or parallelReduce. */
export interface Chunk {
  /** Position among the chunks. */
  readonly index: number
  readonly from: number
  readonly to: number
}

/** Each rank's share is cut in this many chunks at first, as in Python's Pool. */
const CHUNKS_PER_RANK = 4

/**
 * Cuts `total` items in chunks. With `chunkSize` all have that size; without, each is a quarter of a rank's share of what is left, so that the
 * ranks end together. Depends on the three numbers alone, never on who does what.
 */
export class Chunks {
  private readonly total: number
  private readonly size: number
  private readonly chunkSize: number | null
  private from = 0
  private index = 0

  constructor(total: number, size: number, chunkSize: number | null) {
    this.total = total
    this.size = size
    this.chunkSize = chunkSize
  }

  /** Takes the next chunk; null: there is none. */
  next(): Chunk | null {
    const left = this.total - this.from
    if (left === 0) return null
    const wanted = this.chunkSize ?? Math.ceil(left / (CHUNKS_PER_RANK * this.size))
    const chunk = { index: this.index, from: this.from, to: this.from + Math.min(wanted, left) }
    this.from = chunk.to
    this.index += 1
    return chunk
  }
}
