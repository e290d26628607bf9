import type { NodeMemory } from './layout.ts'

/*
 * Pieces of the node's memory, one for each owner (a communicator) and kind, which all ranks of the owner find by its number. The region is
 *
 *   +0      lock     int32   0 free, 1 taken, 2 taken and somebody waits
 *   +4      count    int32   entries in use
 *   +8      next     int32   KiB from the region's start that were ever handed out
 *   +12     refuses  int32   1: the table has been full; nobody gets a piece that has none yet, so that all ranks decide alike
 *   +64     free     int32 × 32   by binary logarithm of the length in KiB: the first free piece, in KiB; its first word names the next
 *   +256    entries, 16 bytes each
 *             +0   owner modulo 2^32
 *             +4   owner / 2^32, times 4, plus the kind
 *             +8   piece in KiB from the region's start, 0: the owner has none
 *             +12  bits 0…4 binary logarithm of its length in KiB, the others: users that have not released it
 *
 * Everything is read and written under the lock.
 */
const LOCK = 0
const COUNT = 1
const NEXT = 2
const REFUSES = 3
const FREE = 16
const ENTRIES = 64
const ENTRY_WORDS = 4
const MOST_ENTRIES = 4096
const KIB = 1024
/** First KiB behind the entries. */
const FIRST_KIB = (ENTRIES * 4 + MOST_ENTRIES * ENTRY_WORDS * 4) / KIB + 0.75
const POWER_MASK = 31

/** An owner may have a piece of each of so many kinds. */
const KINDS = 4

function highWord(owner: number, kind: number): number {
  return Math.floor(owner / 2 ** 32) * KINDS + kind
}

/** Hands out the region of `NodeMemory.areas`. Every thread of the node has one of these on the same memory. */
export class Areas {
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  readonly #offset: number
  readonly #totalKib: number
  /** Word of the region's start. */
  readonly #base: number

  constructor(node: NodeMemory) {
    const { offset, bytes } = node.areas ?? { offset: 0, bytes: 0 }
    this.#words = new Int32Array(node.memory.buffer)
    this.#bytes = new Uint8Array(node.memory.buffer)
    this.#offset = offset
    this.#totalKib = bytes / KIB
    this.#base = offset / 4
  }

  /**
   * Byte offset of the piece of (`owner`, `kind`), all zero when it is new; -1: there is none, and never will be one for this owner.
   * The first call makes it; `users` calls of `release` give it back. All users must name the same length. `kind`: 0 to 3.
   */
  claim(owner: number, kind: number, users: number, bytes: number): number {
    if (this.#totalKib <= FIRST_KIB) return -1
    this.#lock()
    try {
      let entry = this.#find(owner, kind)
      if (entry === 0) {
        if (this.#word(REFUSES) === 1) return -1
        entry = this.#add(owner, kind, users, bytes)
        if (entry === 0) return -1
      }
      const kib = this.#word(entry + 2)
      return kib === 0 ? -1 : this.#offset + kib * KIB
    } finally {
      this.#unlock()
    }
  }

  /** Says that a user of (`owner`, `kind`) has done with it; the last one gives the piece back. Nothing happens where there is none. */
  release(owner: number, kind: number): void {
    if (this.#totalKib <= FIRST_KIB) return
    this.#lock()
    try {
      const entry = this.#find(owner, kind)
      if (entry === 0) return
      const shape = this.#word(entry + 3) - (POWER_MASK + 1)
      this.#set(entry + 3, shape)
      if (shape > POWER_MASK) return
      if (this.#word(entry + 2) !== 0) this.#giveBack(this.#word(entry + 2), shape)
      const last = ENTRIES + (this.#word(COUNT) - 1) * ENTRY_WORDS
      for (let i = 0; i < ENTRY_WORDS; i++) this.#set(entry + i, this.#word(last + i))
      this.#set(COUNT, this.#word(COUNT) - 1)
    } finally {
      this.#unlock()
    }
  }

  /** Word of an entry from the region's start; 0: there is none. */
  #find(owner: number, kind: number): number {
    const low = owner | 0
    const high = highWord(owner, kind)
    const end = ENTRIES + this.#word(COUNT) * ENTRY_WORDS
    for (let entry = ENTRIES; entry < end; entry += ENTRY_WORDS) {
      if (this.#word(entry) === low && this.#word(entry + 1) === high) return entry
    }
    return 0
  }

  #add(owner: number, kind: number, users: number, bytes: number): number {
    const count = this.#word(COUNT)
    if (count === MOST_ENTRIES) {
      this.#set(REFUSES, 1)
      return 0
    }
    const power = Math.max(0, Math.ceil(Math.log2(bytes / KIB)))
    const entry = ENTRIES + count * ENTRY_WORDS
    this.#set(entry, owner | 0)
    this.#set(entry + 1, highWord(owner, kind))
    this.#set(entry + 2, this.#take(power))
    this.#set(entry + 3, power + users * (POWER_MASK + 1))
    this.#set(COUNT, count + 1)
    return entry
  }

  /** A piece of 2^power KiB, all zero, in KiB from the region's start; 0: there is no room. */
  #take(power: number): number {
    const recycled = this.#word(FREE + power)
    if (recycled !== 0) {
      const from = this.#offset + recycled * KIB
      this.#set(FREE + power, this.#words[from / 4] ?? 0)
      this.#bytes.fill(0, from, from + 2 ** power * KIB)
      return recycled
    }
    const kib = Math.max(this.#word(NEXT), FIRST_KIB)
    if (kib + 2 ** power > this.#totalKib) return 0
    this.#set(NEXT, kib + 2 ** power)
    return kib
  }

  #giveBack(kib: number, power: number): void {
    this.#words[(this.#offset + kib * KIB) / 4] = this.#word(FREE + power)
    this.#set(FREE + power, kib)
  }

  #word(word: number): number {
    return this.#words[this.#base + word] ?? 0
  }

  #set(word: number, value: number): void {
    this.#words[this.#base + word] = value
  }

  // What was read and written in between is ordered by the lock's own operations.
  #lock(): void {
    const at = this.#base + LOCK
    // Pairs with the exchange in #unlock().
    if (Atomics.compareExchange(this.#words, at, 0, 1) === 0) return
    while (Atomics.exchange(this.#words, at, 2) !== 0) Atomics.wait(this.#words, at, 2)
  }

  #unlock(): void {
    const at = this.#base + LOCK
    // Pairs with the compareExchange and the exchange in #lock().
    if (Atomics.exchange(this.#words, at, 0) === 2) Atomics.notify(this.#words, at, 1)
  }
}
