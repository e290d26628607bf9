import type { RingWriter } from '../../shm/ring.ts'
import { RecordKind } from '../../wire/record.ts'

/**
 * Bytes that may be on their way between two ranks of different nodes. It bounds what agents hold in memory for a rank that
 * does not read: sender and receiver count, agents only pass on.
 */
const CREDIT_BYTES = 4 * 1024 * 1024
/** The receiver gives back in lots of this size. */
const GIVE_BACK_BYTES = CREDIT_BYTES / 4

/** What a record costs beyond its payload, so that a flood of empty messages is bounded too. */
const MESSAGE_COST = 64

export class RemoteCredit {
  readonly #rank: number
  readonly #toAgent: RingWriter
  /** By world rank: sent and not yet given back; read and not yet given back. */
  readonly #outstanding: Float64Array
  readonly #unreturned: Float64Array
  /** Ranks whose `unreturned` has reached a lot. */
  readonly #due = new Set<number>()
  readonly #body = new Float64Array(1)

  constructor(rank: number, size: number, toAgent: RingWriter) {
    this.#rank = rank
    this.#toAgent = toAgent
    this.#outstanding = new Float64Array(size)
    this.#unreturned = new Float64Array(size)
  }

  /** How many of `wanted` bytes may be sent now; -1 when a message may not even begin. */
  allowance(dest: number, wanted: number): number {
    const left = CREDIT_BYTES - (this.#outstanding[dest] ?? 0)
    if (left <= 0) return -1
    return Math.min(wanted, left)
  }

  sent(dest: number, bytes: number): void {
    this.#outstanding[dest] = (this.#outstanding[dest] ?? 0) + bytes + MESSAGE_COST
  }

  received(from: number, bytes: number): void {
    this.#outstanding[from] = (this.#outstanding[from] ?? 0) - bytes
  }

  read(source: number, bytes: number): void {
    const total = (this.#unreturned[source] ?? 0) + bytes + MESSAGE_COST
    this.#unreturned[source] = total
    if (total >= GIVE_BACK_BYTES) this.#due.add(source)
  }

  /** Sends what is due; what does not fit now goes with a later call. */
  giveBack(): void {
    if (this.#due.size === 0) return
    for (const source of this.#due) {
      this.#body[0] = this.#unreturned[source] ?? 0
      if (!this.#toAgent.tryWrite(RecordKind.credit, this.#rank, source, new Uint8Array(this.#body.buffer))) return
      this.#unreturned[source] = 0
      this.#due.delete(source)
    }
  }
}
