import { type CommFailure, lostError } from './comm-failure.ts'
import { ANY_SOURCE } from '../terms/constants.ts'
import type { MessageSpace } from '../matching/incoming-message.ts'
import type { RankTable } from '../groups/rank-table.ts'

/**
 * Ranks that are lost while the job goes on. A receive from ANY_SOURCE may be one that only the lost rank would have answered, so the first of each
 * communicator after a loss fails; that tells the program of the loss, and those that follow wait for the ranks that are left.
 */
export class Losses {
  private readonly worldRank: number
  private readonly ranks = new Set<number>()
  private readonly told = new WeakMap<object, Set<number>>()

  constructor(worldRank: number) {
    this.worldRank = worldRank
  }

  get any(): boolean {
    return this.ranks.size > 0
  }

  /** World rank. */
  has(rank: number): boolean {
    return this.ranks.size > 0 && this.ranks.has(rank)
  }

  add(rank: number): void {
    this.ranks.add(rank)
  }

  /** Lost ranks of a communicator, as its ranks. */
  of(ranks: RankTable): number[] {
    const lost = [...this.ranks].flatMap((world) => ranks.rankOf(world) ?? [])
    return lost.toSorted((one, other) => one - other)
  }

  /** Lost ranks of a communicator of which no receive from ANY_SOURCE has told yet. */
  untold({ context, ranks }: MessageSpace): number[] {
    if (this.ranks.size === 0) return []
    const told = this.told.get(context)
    return this.of(ranks).filter((rank) => told?.has(rank) !== true)
  }

  /** Lost ranks that make a receive from `source` (world rank or ANY_SOURCE) fail. */
  relevant(scope: MessageSpace, source: number): number[] {
    if (source === ANY_SOURCE) return this.untold(scope)
    const rank = scope.ranks.rankOf(source)
    return this.has(source) && rank !== undefined ? [rank] : []
  }

  /** The program has heard of all of them. */
  tell({ context, ranks }: MessageSpace): void {
    this.told.set(context, new Set(this.of(ranks)))
  }

  /** `lost`: ranks of the communicator. */
  error(call: string, what: string, scope: MessageSpace, lost: readonly number[]): CommFailure {
    return lostError(this.worldRank, call, what, { lost, name: scope.name })
  }
}
