import { type Agreed, type Motion, ranksOf, type Ruling, runsOf, type Vote } from '../wire/council-messages.ts'

/** A ruling, and the ranks that are to hear it. */
export interface Verdict {
  readonly ruling: Ruling
  readonly ranks: readonly number[]
}

interface Agreement {
  readonly members: readonly number[]
  readonly votes: Map<number, Vote>
  /** Index of the first member that is still waited for; those before it are not. */
  first: number
}

/**
 * Agreements and revocations of communicators; no I/O. An agreement is settled when each of its members has voted or is over, so it never
 * waits for a lost rank; and it is settled here alone, so that whoever hears the ruling hears the same, whatever is lost meanwhile.
 */
export class Council {
  /** By communicator and number. */
  readonly #open = new Map<string, Agreement>()
  /** Ranks that have ended in whatever way, and ranks of lost nodes. */
  readonly #over = new Set<number>()

  /** A rank hands in a motion. */
  receive(rank: number, motion: Motion): readonly Verdict[] {
    if (this.#over.has(rank)) return []
    if (motion.type === 'vote') return this.#vote(rank, motion)
    const ranks = ranksOf(motion.members).filter((member) => member !== rank && !this.#over.has(member))
    return ranks.length === 0 ? [] : [{ ruling: { type: 'revoked', comm: motion.comm }, ranks }]
  }

  /** These ranks vote no more, and what they have voted does not count any more. */
  over(ranks: readonly number[]): readonly Verdict[] {
    for (const rank of ranks) this.#over.add(rank)
    return [...this.#open.keys()].flatMap((key) => this.#settle(key))
  }

  #vote(rank: number, vote: Vote): readonly Verdict[] {
    const key = `${vote.comm}:${vote.number}`
    let agreement = this.#open.get(key)
    if (agreement === undefined) {
      agreement = { members: ranksOf(vote.members), votes: new Map(), first: 0 }
      this.#open.set(key, agreement)
    }
    agreement.votes.set(rank, vote)
    return this.#settle(key)
  }

  /** Settles an agreement for which nobody is waited for any more. */
  #settle(key: string): readonly Verdict[] {
    const agreement = this.#open.get(key)
    if (agreement === undefined) return []
    const { members, votes } = agreement
    const isWaitedFor = (rank: number): boolean => !votes.has(rank) && !this.#over.has(rank)
    while (agreement.first < members.length && !isWaitedFor(members[agreement.first] ?? -1)) agreement.first += 1
    if (agreement.first < members.length) return []
    this.#open.delete(key)
    const counting = [...votes].filter(([rank]) => !this.#over.has(rank)).toSorted(([one], [other]) => one - other)
    const [first, ...others] = counting
    return first === undefined ? [] : [{ ruling: agreed(first, others), ranks: counting.map(([rank]) => rank) }]
  }
}

type RankVote = readonly [number, Vote]

function agreed([lowest, vote]: RankVote, others: readonly RankVote[]): Agreed {
  const { comm, number, call, counter, flag } = vote
  const stray = others.find(([, given]) => given.call !== call)
  const mismatch =
    stray === undefined
      ? {}
      : { mismatch: `${call} of world rank ${lowest} met ${stray[1].call} of world rank ${stray[0]}` }
  return {
    type: 'agreed',
    comm,
    number,
    ...mismatch,
    flag: flag && others.every(([, given]) => given.flag),
    survivors: runsOf([lowest, ...others.map(([rank]) => rank)]),
    counter,
  }
}
