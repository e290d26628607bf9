import type { Doorbell } from '../../shm/doorbell.ts'
import type { RingWriter } from '../../shm/ring.ts'

/** What a rank tells its agent, through the ring that its messages for other nodes go through too. */
export class AgentLine {
  readonly ring: RingWriter
  readonly #rank: number
  /** Of this rank. */
  readonly #bell: Doorbell

  constructor(rank: number, ring: RingWriter, bell: Doorbell) {
    this.#rank = rank
    this.ring = ring
    this.#bell = bell
  }

  /**
   * Blocks until the agent took the bytes: for output, failures and abort. Only the rank's own output has no other order to keep.
   * More than a record can hold goes in several records.
   */
  tell(kind: number, bytes: Uint8Array): void {
    const { largestBody } = this.ring
    for (let from = 0; from < bytes.length; from += largestBody)
      this.#tellRecord(kind, bytes.subarray(from, from + largestBody))
  }

  #tellRecord(kind: number, body: Uint8Array): void {
    while (!this.ring.tryWrite(kind, this.#rank, this.#rank, body)) {
      // The agent never waits for a rank, so this ends without this rank's help. A plain sleep, since ShmLink.wait() would return at once
      // while messages lie unread.
      const seen = this.#bell.prepare()
      if (!this.ring.reserve(body.length, body.length)) this.#bell.sleep(seen, 10)
      else this.#bell.awake()
    }
  }
}
