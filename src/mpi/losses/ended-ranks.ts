import type { MessageSpace, Receive } from '../matching/incoming-message.ts'
import { describeReceive } from '../matching/recv-request.ts'
import { ANY_SOURCE } from '../terms/constants.ts'
import { MPIError } from '../terms/mpi-error.ts'
import { Losses } from './losses.ts'

/** World ranks that have ended, in order or lost, and what can never come because of it. */
export class EndedRanks {
  readonly losses: Losses
  private readonly worldRank: number
  private readonly ranks = new Set<number>()

  constructor(worldRank: number) {
    this.worldRank = worldRank
    this.losses = new Losses(worldRank)
  }

  get any(): boolean {
    return this.ranks.size > 0
  }

  has(rank: number): boolean {
    return this.ranks.size > 0 && this.ranks.has(rank)
  }

  add(rank: number): void {
    this.ranks.add(rank)
  }

  /** Whether nothing more can come from `source` (world rank or ANY_SOURCE), because it has ended. */
  isHopeless(scope: MessageSpace, source: number): boolean {
    if (this.ranks.size === 0) return false
    if (source !== ANY_SOURCE) return this.ranks.has(source)
    if (this.losses.untold(scope).length > 0) return true
    return scope.ranks.size > 1 && this.isOver(scope, source)
  }

  /** Whether no other rank can send any more to a receive from `source` (world rank or ANY_SOURCE): it is this rank alone, or all have ended. */
  isOver({ ranks }: MessageSpace, source: number): boolean {
    if (source !== ANY_SOURCE) return source === this.worldRank || this.ranks.has(source)
    for (let rank = 0; rank < ranks.size; rank += 1) {
      if (rank !== ranks.rank && !this.ranks.has(ranks.worldOf(rank))) return false
    }
    return true
  }

  /** Whether a receive is in a communicator with a loss that the program has not heard of. */
  isNews({ scope }: Receive): boolean {
    return this.losses.untold(scope).length > 0
  }

  /** The error for a receive or probe that is hopeless. */
  error(call: string, scope: MessageSpace, source: number, tag: number): MPIError {
    const what = describeReceive(call, scope, source, tag)
    const lost = this.losses.relevant(scope, source)
    if (lost.length > 0) return this.losses.error(call, what, scope, lost)
    const who = source === ANY_SOURCE ? 'all other ranks have' : `rank ${scope.ranks.rankOf(source)} has`
    const reason = `${who} finished, so nothing more can come from there in ${scope.name}`
    return new MPIError('ERR_PROC_FAILED', this.worldRank, call, `${what}: ${reason}`)
  }
}
