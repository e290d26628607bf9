import type { Watch } from '../../../link/link.ts'
import type { Area } from './area.ts'

/** What a call waits for. */
export const Wish = {
  /** Nobody reads the slot of this call any more. */
  room: 0,
  /** Slots of all members. */
  all: 1,
  /** The slot of one member. */
  one: 2,
  /** Steps of all members. */
  steps: 3,
  /** Steps of one member. */
  stepsOfOne: 4,
  /** What one member reports of its failure. */
  report: 5,
} as const

/** What the call of a communicator that runs waits for, or waited for last. */
export class Wishes implements Watch {
  /** One of Wish. */
  kind: number = Wish.room
  /** Of a wish of one member. */
  member = 0
  /** Of a wish of steps. */
  steps = 0
  private readonly area: Area

  constructor(area: Area) {
    this.area = area
  }

  hasCome(): boolean {
    const { area } = this
    switch (this.kind) {
      case Wish.room:
        return area.mayWrite()
      case Wish.all:
        return area.haveAllCome()
      case Wish.one:
        return area.hasCome(this.member)
      case Wish.steps:
        return area.haveAllDone(this.steps)
      case Wish.stepsOfOne:
        return area.hasDone(this.member, this.steps)
      default:
        // The report is a message, which fails the call.
        return false
    }
  }

  /** Whether what is awaited of a member has come. */
  isThere(member: number): boolean {
    const { area, kind } = this
    if (kind === Wish.report) return member !== this.member
    if (kind === Wish.room) return area.hasBegun(member, (area.call - 1) | 0)
    return kind < Wish.steps ? area.hasCome(member) : area.hasDone(member, this.steps)
  }

  /** The members that are waited for. */
  awaited(): number[] {
    if (this.kind === Wish.one || this.kind >= Wish.stepsOfOne) return [this.member]
    const missing: number[] = []
    for (let member = 0; member < this.area.size; member += 1) if (!this.isThere(member)) missing.push(member)
    return missing
  }
}
