import { datatypeName, elementBytes, type View } from '../../datatypes/datatype.ts'
import type { SharedMemory } from '../../link/link.ts'
import { MPIError } from '../../terms/mpi-error.ts'
import type { Options } from '../../terms/request.ts'
import type { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import { drive } from '../call/run.ts'
import { describeSignature, encodeInMemory, MISMATCH_ADVICE, type Signature } from '../call/signature.ts'
import type { Steps } from '../call/steps.ts'
import { Area, Place, shapeOf } from './area/area.ts'
import { ShownView } from './area/shown-view.ts'
import { SlotMemory } from './area/slot-memory.ts'
import { Wish } from './area/wishes.ts'
import { ReduceKernels } from './combining/reduce-kernel.ts'
import { SlotCombiner } from './combining/slot-combiner.ts'
import { Meeting } from './meeting.ts'
import { Pieces } from './pieces.ts'

/** Kinds of `SharedMemory.claim`. */
const AREA_KIND = 0
const PIECES_KIND = 1
/** 2 is that of wide slots. */
const CROSSING_KIND = 3

/** Calls after which messages are moved although nobody waits. */
const CALLS_PER_PROGRESS = 32

/** How many elements of which type. */
export interface Elements {
  readonly datatype: number
  readonly byteLength: number
}

/**
 * The blocking collectives of one communicator among its ranks on this node: all of them, or, of a communicator over several nodes (over-nodes/), a
 * part, whose places on the node are the _members_ here. One call runs at a time: `begin`, write the slot, `publish`,
 * wait, `end`, or `fail` with whatever was thrown. A call that waits for long, or fails, becomes a Collective, so that what other ranks
 * report of it in messages is heard, and they hear of its failure.
 */
export class NodeCalls extends Meeting {
  /** Working memory of the call that runs, by member. */
  readonly numbers: number[]
  readonly froms: number[]
  readonly slots: SlotMemory
  readonly kernels: ReduceKernels
  readonly combiner: SlotCombiner
  readonly shown: ShownView
  private readonly id: number
  /** Not asked for yet: undefined; there is no room: null. */
  private knownPieces: Pieces | null | undefined = undefined
  /** `encodeInMemory` of the signature. */
  private word = 0
  private isPublished = false
  /** Nobody waits for more of this rank than its slot. */
  private isInSlots = false
  /** Of all calls up to this one, awaitable ones too, it is known what became of them on all members. */
  private isSettled = true

  /** `id`: the communicator's. `ranks`: those of it that are here. */
  constructor(members: Members, id: number, shared: SharedMemory, area: Area, ranks: readonly number[]) {
    super(members, shared, area, ranks)
    const worldRanks = ranks.map((rank) => members.collectives.ranks.worldOf(rank))
    this.id = id
    this.numbers = new Array<number>(area.size).fill(0)
    this.froms = new Array<number>(area.size).fill(0)
    this.slots = new SlotMemory(shared, area, id)
    this.kernels = new ReduceKernels(shared.memory)
    this.combiner = new SlotCombiner(this.slots, this.kernels, area.size)
    this.shown = new ShownView(shared, area, this.engine.allocated, worldRanks)
  }

  /** Memory for views that are too long for a slot; null: there is none. */
  pieces(): Pieces | null {
    if (this.knownPieces !== undefined) return this.knownPieces
    const { size } = this.area
    const offset = this.shared.claim(this.id, PIECES_KIND, size, Pieces.bytesFor(size))
    this.knownPieces = offset === -1 ? null : new Pieces(this, offset)
    return this.knownPieces
  }

  /** Byte offset of `memberBytes` for each member, one behind the other, for what crosses between nodes; -1: there is no room. */
  claimForCrossing(memberBytes: number): number {
    const { size } = this.area
    return this.shared.claim(this.id, CROSSING_KIND, size, size * memberBytes)
  }

  /** Gives the memory back; the communicator is not used any more. */
  free(): void {
    this.shared.release(this.id, AREA_KIND)
    this.shared.release(this.id, PIECES_KIND)
    this.shared.release(this.id, CROSSING_KIND)
    this.slots.free()
  }

  /** Begins a call, and waits until its slot may be written. `isInSlots`: nobody needs more of any rank than its slot. */
  begin(signature: Signature, options: Options | undefined, isInSlots: boolean = false): void {
    const { area, members, word, sequence } = this
    if ((area.call & (CALLS_PER_PROGRESS - 1)) === 0) this.engine.progress()
    this.number(signature)
    this.isInSlots = isInSlots
    this.deadline = this.timeoutMs = options?.timeout ?? Number.POSITIVE_INFINITY
    if (this.timeoutMs !== Number.POSITIVE_INFINITY) this.deadline = performance.now() + this.timeoutMs
    if (members.ledger.hasNews) this.throwFailure(this.watch())
    if (!area.mayWrite()) this.await(Wish.room)
    // A call that not all wait for learns of others with the same number only now.
    const wasChecked = this.isChecked
    this.isChecked = false
    if (!wasChecked) this.checkBefore(word, sequence)
  }

  private number(signature: Signature): void {
    const { sequence } = this
    this.signature = signature
    this.word = encodeInMemory(signature) | 0
    this.sequence = this.members.ledger.number(this.word)
    if (!this.isChecked || this.sequence !== sequence + 1) this.isSettled = false
    this.isPublished = false
    this.lastStep = 0
    this.isInSlots = false
    this.area.next()
  }

  /** Gives up a call that all others make, before it begins here; returns what the caller is to throw. */
  pass(signature: Signature, error: unknown): unknown {
    this.number(signature)
    return this.fail(error)
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

  /** The call that runs, as messages see it. */
  get collective(): Collective {
    return this.watch()
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

  private checkSame(member: number): void {
    const { area } = this
    if (area.matches(member, this.word, this.sequence)) return
    throw this.watch().mismatchWith(area.header(member).signature, this.rankOf(member))
  }

  private checkBefore(word: number, sequence: number): void {
    const { area, engine, members } = this
    for (let member = 0; member < area.size; member += 1) {
      if (area.matchedBefore(member, word, sequence)) continue
      members.ledger.rememberFailure(sequence)
      const [mine, theirs] = [describeSignature(word), describeSignature(area.signatureBefore(member))]
      const reason = `${mine} on rank ${members.rank} met ${theirs} of rank ${this.rankOf(member)} in ${members.name}`
      throw new MPIError('ERR_COLLECTIVE_MISMATCH', engine.rank, this.callName, `${reason}: ${MISMATCH_ADVICE}`)
    }
  }

  private lengthError(member: number, given: Elements, expected: Elements): MPIError {
    const { callName, members } = this
    const [sent, wanted] = [elementsOf(given), elementsOf(expected)]
    const reason = `rank ${this.rankOf(member)} of ${members.name} gave ${sent}, rank ${members.rank} expects ${wanted}`
    const text = `${callName}: ${reason}; ${MISMATCH_ADVICE}`
    return new MPIError('ERR_COLLECTIVE_MISMATCH', this.engine.rank, callName, text)
  }
}

function elementsOf({ datatype, byteLength }: Elements): string {
  return `${byteLength / elementBytes(datatype)} elements of ${datatypeName(datatype)}`
}

/** The collectives in memory of a communicator; null where it cannot have them: a member is elsewhere, or there is no room. */
export function nodeCallsOf(members: Members, id: number): NodeCalls | null {
  return members.nodes.count === 1 && members.size > 1 ? nodeCallsHere(members, id) : null
}

/** Those of its ranks on this node; null, on all of them alike, where there is no room. */
export function nodeCallsHere(members: Members, id: number): NodeCalls | null {
  const { nodes, rank } = members
  const { engine, ranks } = members.collectives
  const { shared } = engine
  if (shared === null) return null
  const here = nodes.ranksOn(nodes.of(rank))
  const worldRanks = here.map((member) => ranks.worldOf(member))
  if (!worldRanks.every((world) => shared.isHere(world))) return null
  const offset = shared.claim(id, AREA_KIND, here.length, Area.bytesFor(here.length))
  return offset === -1
    ? null
    : new NodeCalls(members, id, shared, new Area(shared, offset, nodes.placeOf(rank), worldRanks), here)
}
