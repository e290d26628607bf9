/** Records go out when this many bytes for one node have come together, or at the end of a round over the rings. */
const BATCH_BYTES = 256 * 1024

interface Batch {
  bytes: Uint8Array
  length: number
}

/** Collects records for each node, so that many small messages travel in one frame. */
export class FrameBatch {
  readonly #send: (nodeId: number, frame: Uint8Array) => void
  readonly #batches = new Map<number, Batch>()

  constructor(send: (nodeId: number, frame: Uint8Array) => void) {
    this.#send = send
  }

  /** Copies `count` bytes of `memory`, a whole record. */
  add(nodeId: number, memory: Uint8Array, start: number, count: number): void {
    const batch = this.#room(nodeId, count)
    batch.bytes.set(memory.subarray(start, start + count), batch.length)
    batch.length += count
  }

  #room(nodeId: number, count: number): Batch {
    let batch = this.#batches.get(nodeId)
    if (batch !== undefined && batch.length + count > BATCH_BYTES) {
      this.#flushOne(nodeId, batch)
      batch = undefined
    }
    if (batch === undefined) {
      batch = { bytes: new Uint8Array(Math.max(count, 1024)), length: 0 }
      this.#batches.set(nodeId, batch)
    }
    if (batch.length + count > batch.bytes.length) {
      const larger = new Uint8Array(Math.max(batch.length + count, batch.bytes.length * 4))
      larger.set(batch.bytes.subarray(0, batch.length))
      batch.bytes = larger
    }
    return batch
  }

  flush(): void {
    for (const [nodeId, batch] of this.#batches) this.#flushOne(nodeId, batch)
  }

  #flushOne(nodeId: number, batch: Batch): void {
    this.#batches.delete(nodeId)
    this.#send(nodeId, batch.bytes.subarray(0, batch.length))
  }
}
