/** Which world ranks belong to a communicator, in the order of their ranks in it. */
export class RankTable {
  readonly size: number
  /** Rank of this rank in the communicator. */
  readonly rank: number
  /** null: all ranks of the job in order. */
  private readonly members: readonly number[] | null
  private readonly ranks: Map<number, number> | null

  private constructor(size: number, rank: number, members: readonly number[] | null) {
    this.size = size
    this.rank = rank
    this.members = members
    this.ranks = members === null ? null : new Map(members.map((world, index) => [world, index]))
  }

  /** All ranks of a job. */
  static world(size: number, rank: number): RankTable {
    return new RankTable(size, rank, null)
  }

  /** The world ranks `members`; `worldRank`, this rank, is one of them. */
  static of(members: readonly number[], worldRank: number): RankTable {
    return new RankTable(members.length, members.indexOf(worldRank), members)
  }

  /** World rank of a rank of the communicator, 0…size-1. */
  worldOf(rank: number): number {
    return this.members === null ? rank : (this.members[rank] ?? rank)
  }

  /** Rank in the communicator of a world rank; undefined where it is no member. */
  rankOf(world: number): number | undefined {
    if (this.ranks !== null) return this.ranks.get(world)
    return world < this.size ? world : undefined
  }

  /** World ranks of all ranks of the communicator, in order. */
  worldRanks(): number[] {
    return this.members === null ? [...Array(this.size).keys()] : [...this.members]
  }
}
