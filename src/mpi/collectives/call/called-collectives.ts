import type { CollectiveSummary } from '../../../wire/control-messages.ts'

/** Communicators whose collectives are compared at the end: the first one, and the latest of all others. */
const MOST_SUMMARIES = 32

/** The collectives of one communicator. */
interface Ledger {
  summary(comm: number): CollectiveSummary | null
}

/**
 * What a rank has called on each of its communicators, for a comparison when the ranks have finished: that of a last call may have met nobody
 * who noticed.
 */
export class CalledCollectives {
  private readonly ledgers = new Map<number, Ledger>()
  /** Of communicators that are freed. */
  private readonly past = new Map<number, CollectiveSummary>()

  begin(comm: number, ledger: Ledger): void {
    this.ledgers.set(comm, ledger)
  }

  /** The communicator is freed, and no call on it goes on. */
  end(comm: number): void {
    const summary = this.ledgers.get(comm)?.summary(comm) ?? null
    this.ledgers.delete(comm)
    if (summary === null) return
    this.past.set(comm, summary)
    for (const oldest of this.past.keys()) {
      if (this.past.size <= MOST_SUMMARIES) break
      this.past.delete(oldest)
    }
  }

  summaries(): CollectiveSummary[] {
    const living = [...this.ledgers].map(([comm, ledger]) => ledger.summary(comm))
    const all = [...living, ...this.past.values()].filter((summary) => summary !== null)
    // COMM_WORLD has the lowest number; numbers grow with time.
    const [world, ...others] = all.sort((one, other) => one.comm - other.comm)
    return world === undefined ? [] : [world, ...others.slice(1 - MOST_SUMMARIES)]
  }
}
