import type { CollectiveWait } from '../../../wire/control-messages.ts'
import { Collective, type Members } from '../call/collective.ts'
import { MISMATCH_ADVICE } from '../call/ledger.ts'
import { drive } from '../call/run.ts'
import { describeSignature, encodeInMemory, type Signature } from '../call/signature.ts'
import type { Steps } from '../call/steps.ts'
import { datatypeName, elementBytes, type View, viewConstructor } from '../../datatypes/datatype.ts'
import type { Engine } from '../../engine/engine.ts'
import type { SharedMemory } from '../../link/link.ts'
import { MPIError } from '../../terms/mpi-error.ts'
import type { Options } from '../../terms/request.ts'
import { Area, Place, shapeOf, SLOT_PAYLOAD } from './area/area.ts'
import { NodeWait } from './node-wait.ts'
import { Pieces } from './pieces.ts'
import { ReduceKernels } from './combining/reduce-kernel.ts'
import { ShownView } from './area/shown-view.ts'
import { SlotCombiner } from './combining/slot-combiner.ts'
import { WIDE_PAYLOAD, WideSlots } from './area/wide-slots.ts'
import { Wish, Wishes } from './area/wishes.ts'

/** Kinds of `SharedMemory.claim`. */
const AREA_KIND = 0
const PIECES_KIND = 1
const WIDE_KIND = 2

/** Looks at the memory before the call is watched and the rank thinks of sleep: about 2 µs, where it has a core of its own. */
const LOOKS = 200
/** Calls after which messages are moved although nobody waits. */
const CALLS_PER_PROGRESS = 32

/** How many elements of which type. */
export interface Elements {
  readonly datatype: number
  readonly byteLength: number
}

/**
 * The blocking collectives of one communicator whose ranks are all on this node. One call runs at a time: `begin`, write the slot, `publish`,
 * wait, `end`, or `fail` with whatever was thrown. A call that waits for long, or fails, becomes a Collective, so that what other ranks
 * report of it in messages is heard, and they hear of its failure.
 */
export class NodeCalls {
  readonly area: Area
  readonly engine: Engine
  readonly members: Members
  /** Working memory of the call that runs, by member. */
  readonly numbers: number[]
  readonly froms: number[]
  readonly combiner: SlotCombiner
  readonly kernels: ReduceKernels
  readonly shown: ShownView
  private readonly shared: SharedMemory
  private readonly id: number
  /** Not asked for yet: undefined; there is no room: null. */
  private knownPieces: Pieces | null | undefined = undefined
  private knownWide: WideSlots | null | undefined = undefined
  private knownBytes: Uint8Array | null = null
  /** The whole memory by datatype. */
  private readonly memories: (View | undefined)[] = []
  private readonly waiting: NodeWait
  private readonly looks: number
  private signature: Signature = { call: 'barrier', root: -1, op: null, type: 0 }
  /** `encodeInMemory` of the signature. */
  private word = 0
  private sequence = -1
  private timeoutMs = Number.POSITIVE_INFINITY
  private deadline = Number.POSITIVE_INFINITY
  private watched: Collective | null = null
  private isPublished = false
  /** The step of the call that runs behind which nobody waits for this rank any more; 0: not taken yet. */
  private lastStep = 0
  /** Nobody waits for more of this rank than its slot. */
  private isInSlots = false
  /** All members have made the same call. */
  private isChecked = true
  /** Of all calls up to this one, awaitable ones too, it is known what became of them on all members. */
  private isSettled = true
  private readonly wishes: Wishes

  /** `id`: the communicator's. */
  constructor(members: Members, id: number, shared: SharedMemory, area: Area, worldRanks: readonly number[]) {
    this.members = members
    this.id = id
    this.shared = shared
    this.area = area
    this.engine = members.collectives.engine
    this.numbers = new Array<number>(area.size).fill(0)
    this.froms = new Array<number>(area.size).fill(0)
    this.combiner = new SlotCombiner(this)
    this.kernels = new ReduceKernels(shared.memory)
    this.shown = new ShownView(shared, area, this.engine.allocated, worldRanks)
    this.looks = shared.maySpin ? LOOKS : 1
    this.waiting = new NodeWait(this)
    this.wishes = new Wishes(area)
  }

  get callName(): string {
    return this.signature.call
  }

  /** Memory for views that are too long for a slot; null: there is none. */
  pieces(): Pieces | null {
    if (this.knownPieces !== undefined) return this.knownPieces
    const { size } = this.area
    const offset = this.shared.claim(this.id, PIECES_KIND, size, Pieces.bytesFor(size))
    this.knownPieces = offset === -1 ? null : new Pieces(this, offset)
    return this.knownPieces
  }

  /** Memory for payloads that are too long for a slot; null: there is none. */
  private wide(): WideSlots | null {
    if (this.knownWide !== undefined) return this.knownWide
    const { area, id, shared } = this
    const offset = shared.claim(id, WIDE_KIND, area.size, WideSlots.bytesFor(area.size))
    this.knownWide = offset === -1 ? null : new WideSlots(area, offset)
    return this.knownWide
  }

  /** In which slot, one of Place, a payload of so many bytes has room; null: in none, on all ranks alike. */
  slotFor(byteLength: number): number | null {
    if (byteLength <= SLOT_PAYLOAD) return Place.slot
    return byteLength <= WIDE_PAYLOAD && this.wide() !== null ? Place.wide : null
  }

  /** Byte offset of a member's payload of this call in a slot, `place`; undefined: it is in none. */
  payloadIn(place: number | null, member: number): number | undefined {
    if (place === Place.slot) return this.area.payloadOffset(member)
    return place === Place.wide ? this.wide()?.payloadOffset(member) : undefined
  }

  /** Byte offset of so much of the node's memory that this rank uses alone in a call; undefined: there is no such memory. */
  scratchFor(byteLength: number): number | undefined {
    return byteLength <= WIDE_PAYLOAD ? this.wide()?.scratchOffset : undefined
  }

  /** Byte offset of the payload of a member, whose slot has come; undefined: it is in no slot. */
  payloadOf(member: number): number | undefined {
    return this.payloadIn(this.area.placeOf(member), member)
  }

  /** The whole memory as a view of a datatype. */
  memory(datatype: number): View {
    let memory = this.memories[datatype]
    if (memory === undefined) {
      while (this.memories.length < datatype) this.memories.push(undefined)
      memory = new (viewConstructor(datatype))(this.shared.memory.buffer)
      this.memories[datatype] = memory
    }
    return memory
  }

  /** The whole memory. */
  get bytes(): Uint8Array {
    this.knownBytes ??= new Uint8Array(this.shared.memory.buffer)
    return this.knownBytes
  }

  /** Gives the memory back; the communicator is not used any more. */
  free(): void {
    this.shared.release(this.id, AREA_KIND)
    this.shared.release(this.id, PIECES_KIND)
    this.shared.release(this.id, WIDE_KIND)
  }

  /** Begins a call, and waits until its slot may be written. `isInSlots`: nobody needs more of any rank than its slot. */
  begin(signature: Signature, options: Options | undefined, isInSlots: boolean = false): void {
    const { area, members, word, sequence } = this
    if ((area.call & (CALLS_PER_PROGRESS - 1)) === 0) this.engine.progress()
    this.signature = signature
    this.word = encodeInMemory(signature) | 0
    this.sequence = members.ledger.number(this.word)
    if (!this.isChecked || this.sequence !== sequence + 1) this.isSettled = false
    this.isPublished = false
    this.lastStep = 0
    this.isInSlots = isInSlots
    this.deadline = this.timeoutMs = options?.timeout ?? Number.POSITIVE_INFINITY
    if (this.timeoutMs !== Number.POSITIVE_INFINITY) this.deadline = performance.now() + this.timeoutMs
    area.next()
    if (members.ledger.hasNews) this.throwFailure(this.watch())
    if (!area.mayWrite()) this.await(Wish.room)
    // A call that not all wait for learns of others with the same number only now.
    const wasChecked = this.isChecked
    this.isChecked = false
    if (!wasChecked) this.checkBefore(word, sequence)
  }

  /** Shows the call to the others. `toAll`: they may all wait for this rank's slot alone. */
  publish(datatype: number, place: number, byteLength: number, toAll: boolean): void {
    const { area } = this
    area.publish(this.word, this.sequence, shapeOf(datatype, place), byteLength)
    this.isPublished = true
    // Who waits for all is woken by the last one: of the last ranks to write, at least one sees all the others.
    if (toAll || area.haveAllBegun(area.call)) area.wakeAll()
  }

  /** Waits for the slots of all, which must be of the same call. */
  awaitAll(): void {
    const { area } = this
    if (!area.haveAllCome()) this.await(Wish.all)
    for (let member = 0; member < area.size; member += 1) this.checkSame(member)
    this.isChecked = true
    if (!this.isSettled) this.hearReports()
  }

  // Who has failed in a call before this one has told the others before it came here. Messages of this call may be among what comes.
  private hearReports(): void {
    this.isSettled = true
    const collective = this.watch()
    this.engine.progress()
    this.throwFailure(collective)
  }

  /** Waits for the slot of one member, which must be of the same call. */
  awaitOne(member: number): void {
    if (!this.area.hasCome(member)) {
      this.wishes.member = member
      this.await(Wish.one)
    }
    this.checkSame(member)
  }

  /** Throws ERR_COLLECTIVE_MISMATCH unless a member gives elements of this type and length, and in the same place. */
  checkLike(member: number, datatype: number, place: number, byteLength: number): void {
    if (this.area.isLike(member, shapeOf(datatype, place), byteLength)) return
    const theirs = this.area.header(member)
    throw this.lengthError(member, theirs, { datatype, byteLength })
  }

  /** Throws ERR_COLLECTIVE_MISMATCH unless what a member gave this rank is of the type and length that it expects. */
  checkGiven(member: number, given: Elements, wanted: Elements): void {
    if (given.datatype === wanted.datatype && given.byteLength === wanted.byteLength) return
    throw this.lengthError(member, given, wanted)
  }

  /** `checkLike` of all members. */
  checkAllLike(datatype: number, place: number, byteLength: number): void {
    for (let member = 0; member < this.area.size; member += 1) this.checkLike(member, datatype, place, byteLength)
  }

  /** Whether a member, whose call has come, lets the others copy its view where it is. */
  isShown(member: number): boolean {
    return this.area.placeOf(member) === Place.shown
  }

  /** Fills a view with what a member shows in this call, from byte `at` of that on, and says then that so many steps are done; 0: says nothing. */
  copyShown(member: number, view: View, steps: number, at: number = 0): void {
    const isCopied = this.shown.copyTo(view, member, at, () => {
      if (steps > 0) this.step(steps)
    })
    if (isCopied) return
    this.wishes.member = member
    this.await(Wish.report)
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

  /** Goes on with messages, as all ranks do or none. */
  goOn<T>(stepsOf: (collective: Collective) => Steps<T>): T {
    const collective = this.watch()
    return drive(collective, stepsOf(collective), this.deadline, this.timeoutMs)
  }

  /** Ends a call that is done. */
  end(): void {
    this.shown.hide()
    if (this.watched === null) return
    this.watched.end()
    this.watched = null
  }

  /** Ends a call that has failed; returns what the caller is to throw. */
  fail(error: unknown): unknown {
    const { area } = this
    if (this.isPublished) area.giveUpSteps()
    else {
      area.skip()
      area.wakeAll()
    }
    this.isChecked = true
    const collective = this.watch()
    this.shown.withdraw((member) => this.isGone(member))
    const thrown = collective.fail(error, this.isMissed())
    this.watched = null
    return thrown
  }

  /** Whether others may wait for this rank for ever once it gives up: not where they have all of it that they need. */
  private isMissed(): boolean {
    if (!this.isPublished) return true
    return !this.isInSlots && !(this.lastStep > 0 && this.area.haveAllDone(this.lastStep))
  }

  private isGone(member: number): boolean {
    const { engine, members } = this
    engine.progress()
    const world = members.collectives.ranks.worldOf(member)
    return engine.losses.has(world) || engine.hasFinished(world)
  }

  /** What this rank waits for, in the user's words. */
  describe(): string {
    const { members } = this
    const who = this.wishes.awaited()
    const ranks = `${who.length === 1 ? 'rank' : 'ranks'} ${who.join(', ')}`
    return `${this.callName} in ${members.name}${who.length === 0 ? '' : `, waiting for ${ranks}`}`
  }

  /** What to say where the call never ends. */
  get collectiveWait(): CollectiveWait | null {
    return this.watched?.wait ?? null
  }

  private await(wish: number): void {
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

  private watch(): Collective {
    this.watched ??= new Collective(this.members, this.signature, this.sequence)
    return this.watched
  }

  private throwFailure({ failure }: Collective): void {
    if (failure !== null) throw failure.error
  }

  private checkSame(member: number): void {
    const { area } = this
    if (area.matches(member, this.word, this.sequence)) return
    throw this.watch().mismatchWith(area.header(member).signature, member)
  }

  private checkBefore(word: number, sequence: number): void {
    const { area, engine, members } = this
    for (let member = 0; member < area.size; member += 1) {
      if (area.matchedBefore(member, word, sequence)) continue
      members.ledger.rememberFailure(sequence)
      const [mine, theirs] = [describeSignature(word), describeSignature(area.signatureBefore(member))]
      const reason = `${mine} on rank ${members.rank} met ${theirs} of rank ${member} in ${members.name}`
      throw new MPIError('ERR_COLLECTIVE_MISMATCH', engine.rank, this.callName, `${reason}: ${MISMATCH_ADVICE}`)
    }
  }

  // Whatever a finished rank has written was there before this rank heard of its end.
  private checkFinished(): void {
    const { ranks, name } = this.members.collectives
    for (let member = 0; member < this.area.size; member += 1) {
      if (this.wishes.isThere(member) || !this.engine.hasFinished(ranks.worldOf(member))) continue
      if (this.wishes.hasCome()) return
      const reason = `rank ${member} has finished, so nothing more can come from there in ${name}`
      throw new MPIError('ERR_PROC_FAILED', this.engine.rank, this.callName, `${this.callName}: ${reason}`)
    }
  }

  private lengthError(member: number, given: Elements, expected: Elements): MPIError {
    const { callName, members } = this
    const [sent, wanted] = [elementsOf(given), elementsOf(expected)]
    const reason = `rank ${member} of ${members.name} gave ${sent}, rank ${members.rank} expects ${wanted}`
    const text = `${callName}: ${reason}; ${MISMATCH_ADVICE}`
    return new MPIError('ERR_COLLECTIVE_MISMATCH', this.engine.rank, callName, text)
  }
}

function elementsOf({ datatype, byteLength }: Elements): string {
  return `${byteLength / elementBytes(datatype)} elements of ${datatypeName(datatype)}`
}

/** The collectives in memory of a communicator; null where it cannot have them: a member is elsewhere, or there is no room. */
export function nodeCallsOf(members: Members, id: number): NodeCalls | null {
  const { engine, ranks } = members.collectives
  const { shared } = engine
  const { size, rank } = members
  if (shared === null || size === 1) return null
  const worldRanks: number[] = []
  for (let member = 0; member < size; member += 1) worldRanks.push(ranks.worldOf(member))
  if (!worldRanks.every((world) => shared.isHere(world))) return null
  const offset = shared.claim(id, AREA_KIND, size, Area.bytesFor(size))
  return offset === -1
    ? null
    : new NodeCalls(members, id, shared, new Area(shared, offset, rank, worldRanks), worldRanks)
}
