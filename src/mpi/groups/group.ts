import { IDENT, PROC_NULL, SIMILAR, UNDEFINED, UNEQUAL } from '../terms/constants.ts'
import { show, whatIs } from '../terms/in-words.ts'
import { showAs } from '../terms/inspect.ts'
import { MPIError, type MPIErrorCode } from '../terms/mpi-error.ts'

/** A range of ranks: first, last (included), and the step, 1 where it is left out. */
export type RankRange = readonly [first: number, last: number, step?: number]

/** An ordered set of the job's ranks (MPI 4.1 §7.3). Its calls are local: they never communicate and never block. */
export class Group {
  /** Number of its ranks. MPI 4.1 §7.3.1. */
  readonly size: number
  /** World ranks, in the order of the group. */
  private readonly members: readonly number[]
  private readonly worldRank: number
  private places: ReadonlyMap<number, number> | null = null

  /** Made by `comm.group` and by the calls below. `worldRank`: of this rank, which need not be a member. */
  constructor(members: readonly number[], worldRank: number) {
    this.members = members
    this.worldRank = worldRank
    this.size = members.length
  }

  /** Rank of this rank in the group; UNDEFINED where it is no member. MPI 4.1 §7.3.1. */
  get rank(): number {
    return this.placeOf(this.worldRank) ?? UNDEFINED
  }

  /** The given ranks of this group, in the given order. Throws ERR_RANK for one that does not exist or comes twice, ERR_ARG. MPI 4.1 §7.3.2. */
  incl(ranks: readonly number[]): Group {
    this.checkRanks('incl', ranks)
    return this.make(ranks.map((rank) => this.worldOf(rank)))
  }

  /** This group without the given ranks. Throws ERR_RANK for one that does not exist or comes twice, ERR_ARG. MPI 4.1 §7.3.2. */
  excl(ranks: readonly number[]): Group {
    this.checkRanks('excl', ranks)
    const excluded = new Set(ranks)
    return this.make(this.members.filter((_, rank) => !excluded.has(rank)))
  }

  /** `incl` of ranges [first, last, step]. Throws ERR_RANK, and ERR_ARG for a step of 0. MPI 4.1 §7.3.2. */
  rangeIncl(ranges: readonly RankRange[]): Group {
    return this.incl(this.expand('rangeIncl', ranges))
  }

  /** `excl` of ranges [first, last, step]. Throws ERR_RANK, and ERR_ARG for a step of 0. MPI 4.1 §7.3.2. */
  rangeExcl(ranges: readonly RankRange[]): Group {
    return this.excl(this.expand('rangeExcl', ranges))
  }

  /** The ranks of this group, then those of `other` that are not in it. Throws ERR_GROUP. MPI 4.1 §7.3.2. */
  union(other: Group): Group {
    const others = this.membersOf('union', other)
    return this.make([...this.members, ...others.filter((world) => this.placeOf(world) === undefined)])
  }

  /** The ranks of this group that are in `other` too, in the order of this one. Throws ERR_GROUP. MPI 4.1 §7.3.2. */
  intersection(other: Group): Group {
    this.membersOf('intersection', other)
    return this.make(this.members.filter((world) => other.placeOf(world) !== undefined))
  }

  /** The ranks of this group that are not in `other`, in the order of this one. Throws ERR_GROUP. MPI 4.1 §7.3.2. */
  difference(other: Group): Group {
    this.membersOf('difference', other)
    return this.make(this.members.filter((world) => other.placeOf(world) === undefined))
  }

  /**
   * The ranks in `other` of the given ranks of this group: UNDEFINED where `other` does not have them, PROC_NULL for PROC_NULL.
   * Throws ERR_RANK, ERR_GROUP, ERR_ARG. MPI 4.1 §7.3.1.
   */
  translate(ranks: readonly number[], other: Group): number[] {
    this.membersOf('translate', other)
    this.checkList('translate', ranks)
    return ranks.map((rank) => {
      if (rank === PROC_NULL) return PROC_NULL
      this.checkRank('translate', rank)
      return other.placeOf(this.worldOf(rank)) ?? UNDEFINED
    })
  }

  /** IDENT: the same ranks in the same order; SIMILAR: in another order; else UNEQUAL. Throws ERR_GROUP. MPI 4.1 §7.3.1. */
  compare(other: Group): number {
    const others = this.membersOf('compare', other)
    if (others.length !== this.size) return UNEQUAL
    if (this.members.every((world, rank) => others[rank] === world)) return IDENT
    return this.members.every((world) => other.placeOf(world) !== undefined) ? SIMILAR : UNEQUAL
  }

  /** Whether two groups have the same ranks in the same order. Throws ERR_GROUP. */
  equals(other: Group): boolean {
    return this.compare(other) === IDENT
  }

  /** Ranks in COMM_WORLD of the group's ranks, in order. */
  get worldRanks(): number[] {
    return [...this.members]
  }

  private make(members: readonly number[]): Group {
    return new Group(members, this.worldRank)
  }

  private placeOf(world: number): number | undefined {
    this.places ??= new Map(this.members.map((member, rank) => [member, rank]))
    return this.places.get(world)
  }

  private worldOf(rank: number): number {
    return this.members[rank] ?? PROC_NULL
  }

  private membersOf(call: string, other: unknown): readonly number[] {
    if (other instanceof Group) return other.members
    throw this.error('ERR_GROUP', call, `${whatIs(other)} is no group; comm.group gives one`)
  }

  private expand(call: string, ranges: readonly RankRange[]): number[] {
    this.checkList(call, ranges)
    for (const range of ranges) this.checkList(call, range)
    return ranges.flatMap(([first, last, step = 1]) => {
      this.checkRank(call, first)
      this.checkRank(call, last)
      if (!Number.isInteger(step) || step === 0) {
        throw this.error('ERR_ARG', call, `step = ${show(step)}; it must be an integer other than 0`)
      }
      const count = Math.max(0, Math.floor((last - first) / step) + 1)
      return Array.from({ length: count }, (_, i) => first + i * step)
    })
  }

  private checkRanks(call: string, ranks: readonly number[]): void {
    this.checkList(call, ranks)
    const seen = new Set<number>()
    for (const rank of ranks) {
      this.checkRank(call, rank)
      if (seen.has(rank)) throw this.error('ERR_RANK', call, `rank ${rank} comes twice`)
      seen.add(rank)
    }
  }

  // Programs may be JavaScript: what the types exclude comes in.
  private checkList(call: string, list: unknown): void {
    if (!Array.isArray(list)) throw this.error('ERR_ARG', call, `${show(list)} is no list; give one, such as [0, 1]`)
  }

  private checkRank(call: string, rank: number): void {
    if (Number.isInteger(rank) && rank >= 0 && rank < this.size) return
    const what = this.size === 0 ? 'is empty' : `has the ranks 0…${this.size - 1}`
    throw this.error('ERR_RANK', call, `rank ${show(rank)} does not exist: the group ${what}`)
  }

  private error(code: MPIErrorCode, call: string, reason: string): MPIError {
    return new MPIError(code, this.worldRank, call, `${call}: ${reason}`)
  }

  static {
    // A bundle may have shortened the name, which users see when they print MPI.
    Object.defineProperty(Group, 'name', { value: 'Group', configurable: true })
    showAs<Group>(Group.prototype, 'Group', (one) => {
      return `Group { worldRanks: [${one.members.join(', ')}] }`
    })
  }
}
