import { MOST_UNANNOUNCED_BYTES } from '../../wire/envelope.ts'

/**
 * What one rank may have sent to another that is not matched by a receive, in bytes: it bounds what lies unasked for in the receiver's
 * memory and on the way there. Messages beyond it are only announced (rendezvous.ts).
 */
export const CREDIT_BYTES: number = MOST_UNANNOUNCED_BYTES
/** What a message costs beyond its payload, so that a flood of empty messages is bounded too: about what the receiver keeps for each. */
const MESSAGE_COST = 512

/** Credit of one rank with all others: as a sender it counts what it has used up, as a receiver what it has to give back. */
export class Credit {
  private readonly limit: number
  /** The receiver gives back in lots of this size. */
  private readonly lot: number
  /** By world rank: sent there and not given back. */
  private readonly used: Float64Array
  /** By world rank: come from there, matched, and not given back. */
  private readonly matched: Float64Array

  constructor(size: number, limit: number) {
    this.limit = limit
    this.lot = limit / 4
    this.used = new Float64Array(size)
    this.matched = new Float64Array(size)
  }

  /** Uses credit for a message; false where it is not enough. */
  tryUse(dest: number, bytes: number): boolean {
    const used = (this.used[dest] as number) + bytes + MESSAGE_COST
    if (used > this.limit) return false
    this.used[dest] = used
    return true
  }

  /** Takes tryUse() back: the message was not sent. */
  notUsed(dest: number, bytes: number): void {
    this.used[dest] = (this.used[dest] as number) - bytes - MESSAGE_COST
  }

  /** Credit has come back from a receiver. */
  returned(from: number, bytes: number): void {
    this.used[from] = (this.used[from] as number) - bytes
  }

  /** A message for which credit was used is matched. Returns what is to be given back to its sender now: 0, or a lot. */
  settle(source: number, bytes: number): number {
    const matched = (this.matched[source] as number) + bytes + MESSAGE_COST
    const isDue = matched >= this.lot
    this.matched[source] = isDue ? 0 : matched
    return isDue ? matched : 0
  }
}
