import { ENVELOPE_BYTES } from '../../wire/envelope.ts'

/** Loans that a rank may have given at one time; more messages are copied. */
export const LOAN_SLOTS = 256

/** Where the receiver of a loan finds its state and its bytes. */
export interface LoanRecord {
  /** Numbers of shared buffers of the sender: the table, and the lent memory. */
  readonly tableId: number
  readonly bufferId: number
  readonly slot: number
  readonly byteOffset: number
}

/** Bytes of the record in a ring: the envelope, then tableId, bufferId, slot (int32 each), 4 bytes of nothing, byteOffset (float64). */
export const LOAN_BYTES: number = ENVELOPE_BYTES + 24

/** Writes a loan's record behind its envelope, at byte `offset`, a multiple of 8. */
export function writeLoan(words: Int32Array, floats: Float64Array, offset: number, record: LoanRecord): void {
  const word = offset >>> 2
  words[word] = record.tableId
  words[word + 1] = record.bufferId
  words[word + 2] = record.slot
  words[word + 3] = 0
  floats[(offset >>> 3) + 2] = record.byteOffset
}

export function readLoan(words: Int32Array, floats: Float64Array, offset: number): LoanRecord {
  const word = offset >>> 2
  return {
    tableId: words[word] ?? 0,
    bufferId: words[word + 1] ?? 0,
    slot: words[word + 2] ?? 0,
    byteOffset: floats[(offset >>> 3) + 2] ?? 0,
  }
}

/**
 * posted ─ the receiver claims it ─► claimed ─ it has copied the bytes ─► read ─ the sender uses the slot again ─► posted
 *    └──── the sender takes it back ─► moved ─ the receiver has copied the bytes of the copy ─► read …
 */
export const LoanState = { posted: 1, claimed: 2, read: 3, moved: 4 } as const

const HEADER_WORDS = 16
const SLOT_WORDS = 16
const COPY_ID = 1

/**
 * States of the loans of one rank, in shared memory. Written by the rank and by the receivers of its loans.
 *
 *   0           returned  int32   loans read so far, modulo 2^32
 *   64 + 64 × s state     int32   one of LoanState
 *      +4       copy      int32   number of the buffer that holds a copy, from its beginning, where the state was `moved`
 */
export class LoanTable {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer)
  }

  static create(): LoanTable {
    return new LoanTable(new SharedArrayBuffer(4 * (HEADER_WORDS + LOAN_SLOTS * SLOT_WORDS)))
  }

  /** Sender: begins a loan. */
  post(slot: number): void {
    // The record in the ring publishes it: the receiver cannot look before it has read that.
    Atomics.store(this.#words, this.#at(slot), LoanState.posted)
  }

  /** Sender: offers a copy instead; false where the receiver was faster. */
  move(slot: number, copyId: number): boolean {
    const at = this.#at(slot)
    // Read behind the exchange in claim() that finds `moved`.
    this.#words[at + COPY_ID] = copyId
    // Pairs with the exchange in claim(): one of the two wins.
    return Atomics.compareExchange(this.#words, at, LoanState.posted, LoanState.moved) === LoanState.posted
  }

  /** Receiver: begins to read; 0, or the number of the buffer that holds a copy instead. */
  claim(slot: number): number {
    const at = this.#at(slot)
    // Pairs with the exchange in move().
    if (Atomics.compareExchange(this.#words, at, LoanState.posted, LoanState.claimed) === LoanState.posted) return 0
    return this.#words[at + COPY_ID] ?? 0
  }

  /** Receiver: has read. The sender is to be woken after it. */
  release(slot: number): void {
    // Pairs with the load in state(): the sender may change its memory when it sees it.
    Atomics.store(this.#words, this.#at(slot), LoanState.read)
    // Pairs with the load in `returned`: who sees the number sees the state above.
    Atomics.add(this.#words, 0, 1)
  }

  /** Loans read so far, modulo 2^32. */
  get returned(): number {
    return Atomics.load(this.#words, 0)
  }

  state(slot: number): number {
    // Pairs with the store in release().
    return Atomics.load(this.#words, this.#at(slot))
  }

  #at(slot: number): number {
    return HEADER_WORDS + slot * SLOT_WORDS
  }
}
