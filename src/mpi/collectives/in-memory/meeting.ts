import type { CollectiveWait } from '../../../wire/control-messages.ts'
import type { Engine } from '../../engine/engine.ts'
import type { SharedMemory } from '../../link/link.ts'
import { PendingRequest } from '../../requests/pending-request.ts'
import { MPIError } from '../../terms/mpi-error.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import type { Signature } from '../call/signature.ts'
import type { Area } from './area/area.ts'
import { Wish, Wishes } from './area/wishes.ts'

/** Looks at the memory before the call is watched and the rank thinks of sleep: about 2 µs, where it has a core of its own. */
const LOOKS = 200

/**
 * How the ranks of a call in the memory of their node wait for each other: for slots, and for steps behind them. A call that waits for long becomes a
 * Collective, so that what other ranks report of it in messages is heard.
 */
export class Meeting {
  readonly area: Area
  readonly engine: Engine
  readonly members: Members
  /** By member: its rank in the communicator. */
  private readonly ranks: readonly number[]
  protected readonly shared: SharedMemory
  protected readonly wishes: Wishes
  protected signature: Signature = { call: 'barrier', root: -1, op: null, type: 0 }
  protected sequence = -1
  protected timeoutMs: number = Number.POSITIVE_INFINITY
  protected deadline: number = Number.POSITIVE_INFINITY
  protected watched: Collective | null = null
  /** The step of the call that runs behind which nobody waits for this rank any more; 0: not taken yet. */
  protected lastStep = 0
  /** All members have made the same call. */
  protected isChecked = true
  private readonly waiting: MeetingWait
  private readonly looks: number

  /** `ranks`: by member of the area. */
  constructor(members: Members, shared: SharedMemory, area: Area, ranks: readonly number[]) {
    this.members = members
    this.ranks = ranks
    this.shared = shared
    this.area = area
    this.engine = members.collectives.engine
    this.looks = shared.maySpin ? LOOKS : 1
    this.waiting = new MeetingWait(this)
    this.wishes = new Wishes(area)
  }

  get callName(): string {
    return this.signature.call
  }

  /** Waits until all have come so far: nobody has failed. `steps`: one more than were taken, and the last one. */
  meet(steps: number): void {
    this.lastStep = steps
    this.step(steps)
    this.awaitSteps(steps)
  }

  /** Says that so many steps are done here. */
  step(steps: number): void {
    const { area } = this
    this.checkStep()
    area.step(steps)
    if (area.haveAllDone(steps)) area.wakeAll()
  }

  awaitSteps(steps: number): void {
    if (this.area.haveAllDone(steps)) return
    this.wishes.steps = steps
    this.await(Wish.steps)
  }

  /** `step` of what others wait for from this rank alone. */
  stepForAll(steps: number): void {
    this.checkStep()
    this.area.step(steps)
    this.area.wakeAll()
  }

  // Who is still in the call before may wait for its steps: 1 of this call would look like none of that (Area.hasDone).
  private checkStep(): void {
    if (!this.isChecked) throw new Error(`${this.callName}: a step before all have come`)
  }

  awaitStepsOf(member: number, steps: number): void {
    if (this.area.hasDone(member, steps)) return
    this.wishes.member = member
    this.wishes.steps = steps
    this.await(Wish.stepsOfOne)
  }

  protected await(wish: number): void {
    const { wishes } = this
    wishes.kind = wish
    for (let look = 0; look < this.looks; look += 1) if (wishes.hasCome()) return
    if (this.shared.giveTurns(wishes)) return
    try {
      this.sleepUntilCome(this.watch())
    } finally {
      this.engine.endWait(null)
    }
  }

  private sleepUntilCome(collective: Collective): void {
    const { engine, wishes } = this
    for (;;) {
      this.throwFailure(collective)
      if (wishes.hasCome()) return
      if (engine.progress()) continue
      this.checkFinished()
      const leftMs = this.deadline === Number.POSITIVE_INFINITY ? this.deadline : this.deadline - performance.now()
      if (leftMs <= 0) throw this.waiting.timeoutError(this.timeoutMs)
      engine.sleep(this.waiting, leftMs, wishes)
    }
  }

  // Whatever a finished rank has written was there before this rank heard of its end.
  private checkFinished(): void {
    const { ranks, name } = this.members.collectives
    for (let member = 0; member < this.area.size; member += 1) {
      if (this.wishes.isThere(member) || !this.engine.ended.has(ranks.worldOf(this.rankOf(member)))) continue
      if (this.wishes.hasCome()) return
      const reason = `rank ${this.rankOf(member)} has finished, so nothing more can come from there in ${name}`
      throw new MPIError('ERR_PROC_FAILED', this.engine.rank, this.callName, `${this.callName}: ${reason}`)
    }
  }

  protected watch(): Collective {
    this.watched ??= new Collective(this.members, this.signature, this.sequence)
    return this.watched
  }

  protected throwFailure({ failure }: Collective): void {
    if (failure !== null) throw failure.error
  }

  /** Rank in the communicator of a member. */
  protected rankOf(member: number): number {
    return this.ranks[member] ?? member
  }

  protected isGone(member: number): boolean {
    const { engine, members } = this
    engine.progress()
    const world = members.collectives.ranks.worldOf(this.rankOf(member))
    return engine.losses.has(world) || engine.ended.has(world)
  }

  /** What this rank waits for, in the user's words. */
  describe(): string {
    const { members } = this
    const who = this.wishes.awaited().map((member) => this.rankOf(member))
    const ranks = `${who.length === 1 ? 'rank' : 'ranks'} ${who.join(', ')}`
    return `${this.callName} in ${members.name}${who.length === 0 ? '' : `, waiting for ${ranks}`}`
  }

  /** What to say where the call never ends. */
  get collectiveWait(): CollectiveWait | null {
    return this.watched?.wait ?? null
  }
}

/** What a rank that waits in shared memory says that it waits for. */
class MeetingWait extends PendingRequest<void> {
  private readonly meeting: Meeting

  constructor(meeting: Meeting) {
    super(meeting.engine)
    this.meeting = meeting
  }

  get call(): string {
    return this.meeting.callName
  }

  describe(): string {
    return this.meeting.describe()
  }

  override get collectiveWait(): CollectiveWait | null {
    return this.meeting.collectiveWait
  }

  protected value(): void {}
}
