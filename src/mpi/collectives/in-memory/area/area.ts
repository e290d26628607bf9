import type { SharedMemory } from '../../../link/link.ts'

/*
 * The area of a communicator all of whose ranks are on one node: 1024 bytes for each member, in the order of their ranks.
 *
 *   +0    slot of even calls, 448 bytes
 *           +0   call       int32     number of the call, written last
 *           +4   signature  int32     call/signature.ts
 *           +8   sequence   int32     the call's number in the ledger
 *           +12  shape      int32     bits 0…7 datatype, the others where the payload is (Place)
 *           +16  length     float64   bytes of the payload
 *           +24  payload    424 bytes
 *   +512  slot of odd calls, 448 bytes
 *   +960  step      int32   progress of a call in pieces: number of the call × 2^20, plus its steps that are done
 *   +964  skipped   int32   number of the last call that the member gave up before it wrote its slot
 *   +968  reading   int32   1 while the member reads views that others show (shown-view.ts)
 *   +972  withdrawn int32   number of the last call whose view, shown by the member, may not be read any more
 *
 * Only the member itself writes to its part. It writes the slot of call c when all others have begun call c - 1: then nobody reads what
 * that slot held before, of call c - 2. So a slot that shows number c holds what belongs to c until all members have begun c + 1.
 */
const MEMBER_BYTES = 1024
const MEMBER_WORDS = MEMBER_BYTES / 4
const SLOT_WORDS = 128
const SIGNATURE = 1
const SEQUENCE = 2
const SHAPE = 3
const LENGTH_FLOATS = 2
const PAYLOAD_OFFSET = 24
const STEP = 240
const SKIPPED = 241
const READING = 242
const WITHDRAWN = 243

/** Longest payload that a slot holds. */
export const SLOT_PAYLOAD = 424
/** A call may take fewer steps than that: of 64 KiB each, enough for 64 GiB. Ranks are never more than a call apart where they look at steps. */
const STEPS_PER_CALL = 2 ** 20
const CALLS_PER_REFRESH = 2 ** 20
/** Longest sleep between two looks at a member that reads, ms. */
const LOOK_AGAIN_MS = 1
/** A member that gives up calls may be ahead by so many. */
const SKIPS_AHEAD = 2 ** 20

/**
 * Where the payload of a call is. `wide`: in the member's wide slot (wide-slots.ts). `shown`: in memory of MPI.alloc that the slot names
 * (shown-view.ts).
 */
export const Place = { slot: 0, pieces: 1, messages: 2, shown: 3, wide: 4 } as const

/** What every rank tells of its call. */
export interface Header {
  readonly signature: number
  readonly sequence: number
  readonly datatype: number
  readonly place: number
  readonly byteLength: number
}

/** One rank's access to the area. */
export class Area {
  readonly size: number
  readonly rank: number
  /** Number of the call that runs, or ran last; goes round after 2^32. */
  call = 0
  readonly words: Int32Array
  readonly floats: Float64Array
  private readonly shared: SharedMemory
  private readonly worldRanks: readonly number[]
  /** Word of the first member's part. */
  private readonly base: number
  /** All have begun this call, as far as this rank knows. */
  private begunByAll = 0
  /** The last call whose steps this rank has begun to count, the last of these that it has given up, and the one that its word is of. */
  private stepped = -1
  private givenUp = -1
  private counted = -1

  constructor(shared: SharedMemory, offset: number, rank: number, worldRanks: readonly number[]) {
    this.shared = shared
    this.size = worldRanks.length
    this.rank = rank
    this.worldRanks = worldRanks
    this.words = new Int32Array(shared.memory.buffer)
    this.floats = new Float64Array(shared.memory.buffer)
    this.base = offset / 4
  }

  static bytesFor(size: number): number {
    return size * MEMBER_BYTES
  }

  /** Numbers a call. Its slot may be written when `mayWrite`. */
  next(): void {
    this.call = (this.call + 1) | 0
    if ((this.call & (CALLS_PER_REFRESH - 1)) === 0) this.refresh()
  }

  /** Keeps an old number of a skipped call from looking like one to come, after numbers have gone round. */
  private refresh(): void {
    const at = this.base + this.rank * MEMBER_WORDS + SKIPPED
    const isOld = (this.call - (this.words[at] ?? 0)) >>> 0 > SKIPS_AHEAD
    // Pairs with the load in hasBegun().
    if (isOld) Atomics.store(this.words, at, (this.call - 2 ** 30) | 0)
  }

  /** Whether nobody reads the slot of this call any more. */
  mayWrite(): boolean {
    const before = (this.call - 1) | 0
    return this.begunByAll === before || this.haveAllBegun(before)
  }

  /** Byte offset of a member's payload of this call. */
  payloadOffset(member: number): number {
    return this.slotWord(member) * 4 + PAYLOAD_OFFSET
  }

  /** Shows this rank's call to the others, with the payload that has been written to its slot. */
  publish(signature: number, sequence: number, shape: number, byteLength: number): void {
    const slot = this.slotWord(this.rank)
    this.words[slot + SIGNATURE] = signature
    this.words[slot + SEQUENCE] = sequence
    this.words[slot + SHAPE] = shape
    this.floats[(slot >> 1) + LENGTH_FLOATS] = byteLength
    // Pairs with the load in hasCome(): shows all that was written before.
    Atomics.store(this.words, slot, this.call)
  }

  /** Says that this call ends here without a slot. */
  skip(): void {
    // Pairs with the load in hasBegun().
    Atomics.store(this.words, this.base + this.rank * MEMBER_WORDS + SKIPPED, this.call)
  }

  /** Whether a member's slot of this call can be read. */
  hasCome(member: number): boolean {
    // Pairs with the store in publish().
    return Atomics.load(this.words, this.slotWord(member)) === this.call
  }

  /** Whether all slots of this call can be read. */
  haveAllCome(): boolean {
    for (let member = 0; member < this.size; member += 1) {
      if (!this.hasCome(member)) return false
    }
    this.begunByAll = this.call
    return true
  }

  /** Whether all members have begun a call: this one or the one before. */
  haveAllBegun(call: number): boolean {
    for (let member = 0; member < this.size; member += 1) if (!this.hasBegun(member, call)) return false
    return true
  }

  hasBegun(member: number, call: number): boolean {
    const part = this.base + member * MEMBER_WORDS
    // Pairs with the store in publish().
    if (Atomics.load(this.words, part + (call & 1) * SLOT_WORDS) === call) return true
    // Pairs with the store in skip().
    return (Atomics.load(this.words, part + SKIPPED) - call) >>> 0 <= SKIPS_AHEAD
  }

  /**
   * Says, before `publish`, that no step of this call is done here, so that no old word misleads. Where this rank has given up the call before,
   * it goes on saying what it has done of that: others may still wait there for steps that are never taken, and none of this call would look like all.
   */
  beginSteps(): void {
    this.stepped = this.call
    const before = (this.call - 1) | 0
    const from = this.givenUp === before ? before : this.call
    if (this.counted !== from) this.storeSteps(from, 0)
  }

  /** This rank takes no more steps of this call. */
  giveUpSteps(): void {
    if (this.stepped === this.call) this.givenUp = this.call
  }

  /** Says that so many steps of this call are done here. All have come to the call: who waits in the one before would miss its steps. */
  step(steps: number): void {
    if (steps >= STEPS_PER_CALL) throw new RangeError(`a call of more than ${STEPS_PER_CALL} steps`)
    this.storeSteps(this.call, steps)
  }

  private storeSteps(call: number, steps: number): void {
    this.counted = call
    // Pairs with the load in hasDone().
    Atomics.store(this.words, this.base + this.rank * MEMBER_WORDS + STEP, stepWord(call, steps))
  }

  /** Whether a member has done so many steps of this call, or has begun the next one, which it does when it has done all. */
  hasDone(member: number, steps: number): boolean {
    // Pairs with the store in storeSteps().
    const done = Atomics.load(this.words, this.base + member * MEMBER_WORDS + STEP)
    return (done - stepWord(this.call, steps)) >>> 0 < STEPS_PER_CALL
  }

  haveAllDone(steps: number): boolean {
    for (let member = 0; member < this.size; member += 1) if (!this.hasDone(member, steps)) return false
    return true
  }

  /** Keeps an old number from looking like that of this call; before `publish`. */
  beginShowing(): void {
    // Pairs with the load in beginReading().
    Atomics.store(this.words, this.base + this.rank * MEMBER_WORDS + WITHDRAWN, (this.call - 1) | 0)
  }

  /** Says that from here to `endReading` this rank reads what a member shows in this call. False: the member has withdrawn it. */
  beginReading(member: number): boolean {
    // Pairs with the load in isReading(). It comes before the look: of a rank that reads and one that withdraws, one sees the other.
    Atomics.store(this.words, this.base + this.rank * MEMBER_WORDS + READING, 1)
    // Pairs with the store in withdraw().
    return Atomics.load(this.words, this.base + member * MEMBER_WORDS + WITHDRAWN) !== this.call
  }

  endReading(): void {
    // Pairs with the load in isReading(): what has been read was read before.
    Atomics.store(this.words, this.base + this.rank * MEMBER_WORDS + READING, 0)
  }

  /** Nobody begins to read any more what this rank shows in a call. */
  withdraw(call: number): void {
    // Pairs with the load in beginReading(), before the looks of isReading().
    Atomics.store(this.words, this.base + this.rank * MEMBER_WORDS + WITHDRAWN, call)
  }

  /** Whether a member reads what others show. */
  isReading(member: number): boolean {
    // Pairs with the stores in beginReading() and endReading().
    return Atomics.load(this.words, this.base + member * MEMBER_WORDS + READING) === 1
  }

  /** Sleeps for a moment unless a member has stopped reading. It wakes nobody when it stops. */
  sleepWhileReading(member: number): void {
    // Pairs with the store in endReading().
    Atomics.wait(this.words, this.base + member * MEMBER_WORDS + READING, 1, LOOK_AGAIN_MS)
  }

  /** Whether a member's call, which has come, is this one of the signature and number. */
  matches(member: number, signature: number, sequence: number): boolean {
    const slot = this.slotWord(member)
    return this.words[slot + SIGNATURE] === signature && this.words[slot + SEQUENCE] === sequence
  }

  /** Whether a member's call before this one, which it may have skipped, was of the signature and number. */
  matchedBefore(member: number, signature: number, sequence: number): boolean {
    const before = (this.call - 1) | 0
    const slot = this.base + member * MEMBER_WORDS + (before & 1) * SLOT_WORDS
    if (this.words[slot] !== before) return true
    return this.words[slot + SIGNATURE] === signature && this.words[slot + SEQUENCE] === sequence
  }

  /** Signature of a member's call before this one. */
  signatureBefore(member: number): number {
    const slot = this.base + member * MEMBER_WORDS + ((this.call - 1) & 1) * SLOT_WORDS
    return this.words[slot + SIGNATURE] ?? 0
  }

  /** Whether a member, whose call has come, gives a payload of this shape and length. */
  isLike(member: number, shape: number, byteLength: number): boolean {
    const slot = this.slotWord(member)
    return this.words[slot + SHAPE] === shape && this.floats[(slot >> 1) + LENGTH_FLOATS] === byteLength
  }

  /** Where the payload of a member is, whose call has come: one of Place. */
  placeOf(member: number): number {
    return (this.words[this.slotWord(member) + SHAPE] ?? 0) >> 8
  }

  header(member: number): Header {
    const slot = this.slotWord(member)
    const shape = this.words[slot + SHAPE] ?? 0
    return {
      signature: (this.words[slot + SIGNATURE] ?? 0) >>> 0,
      sequence: this.words[slot + SEQUENCE] ?? 0,
      datatype: shape & 0xff,
      place: shape >> 8,
      byteLength: this.floats[(slot >> 1) + LENGTH_FLOATS] ?? 0,
    }
  }

  /** Wakes the members that sleep. */
  wakeAll(): void {
    for (let member = 0; member < this.size; member += 1) {
      if (member !== this.rank) this.shared.wake(this.worldRanks[member] ?? 0)
    }
  }

  private slotWord(member: number): number {
    return this.base + member * MEMBER_WORDS + (this.call & 1) * SLOT_WORDS
  }
}

function stepWord(call: number, steps: number): number {
  return (Math.imul(call, STEPS_PER_CALL) + steps) | 0
}

/** Datatype and place in one word of a slot. */
export function shapeOf(datatype: number, place: number): number {
  return datatype | (place << 8)
}
