import { copyView } from '../../base/copy-bytes.ts'
import type { Loan } from '../../mpi/link/link.ts'
import { type LoanRecord, LoanState, LOAN_SLOTS, LoanTable } from './loan-table.ts'
import type { SharedBuffers } from './shared-buffers.ts'
import { StagingMemory } from './staging-memory.ts'

/** Below this a message is copied through the ring (measured: docs/decisions/0020-loans.md). */
const LEAST_LOAN_BYTES = 8 * 1024
/** From here on a rank that has not seen the memory yet waits for its handle; below, the message is copied while the handle travels. */
const LEAST_FIRST_LOAN_BYTES = 2 ** 20
/** Copies of messages that were taken back and not read yet, for each receiver. */
const MOST_TAKEN_BACK_BYTES = 64 * 1024 * 1024

/** The sender's side of loans: messages of which the receiver copies the payload itself, out of this rank's memory. */
export class Lender {
  readonly #buffers: SharedBuffers
  readonly #staging = new StagingMemory()
  readonly #table: LoanTable = LoanTable.create()
  readonly #free: number[] = Array.from({ length: LOAN_SLOTS }, (_, slot) => LOAN_SLOTS - 1 - slot)
  readonly #lent = new Set<LentMessage>()
  #returned = 0
  readonly #knowTable = new Set<number>()
  readonly #takenBackBytes = new Map<number, number>()

  constructor(buffers: SharedBuffers) {
    this.#buffers = buffers
  }

  /**
   * Prepares a loan of `payload`, shared memory that came from MPI.alloc, to a rank of this node; null where it is better copied. The caller
   * writes the record to the receiver's ring, or calls abandon(). `onReturn`: the receiver has read it.
   */
  prepare(dest: number, payload: Uint8Array, onReturn: () => void): LentMessage | null {
    const { buffer, byteOffset, length } = payload
    if (length < LEAST_LOAN_BYTES || !(buffer instanceof SharedArrayBuffer)) return null
    if (length < LEAST_FIRST_LOAN_BYTES && !this.#buffers.isKnownTo(dest, buffer)) {
      this.#buffers.unpin(dest, this.#buffers.pin(dest, buffer))
      return null
    }
    const slot = this.#free.pop()
    if (slot === undefined) return null
    const tableId = this.#buffers.idOf(this.#table.buffer)
    if (!this.#knowTable.has(dest)) {
      // For good: the table is of use as long as the rank lives.
      this.#buffers.pin(dest, this.#table.buffer)
      this.#knowTable.add(dest)
    }
    const bufferId = this.#buffers.pin(dest, buffer)
    this.#table.post(slot)
    const loan = new LentMessage(this, dest, payload, { tableId, slot, bufferId, byteOffset }, onReturn)
    this.#lent.add(loan)
    return loan
  }

  /** Takes back what prepare() gave: no record of it was written. */
  abandon(loan: LentMessage): void {
    this.#end(loan)
  }

  /** Whether loans have been read since the last collect(). */
  get hasReturns(): boolean {
    return this.#lent.size > 0 && this.#table.returned !== this.#returned
  }

  /** Ends all loans that have been read; whether there was one. */
  collect(): boolean {
    if (!this.hasReturns) return false
    this.#returned = this.#table.returned
    for (const loan of this.#lent) {
      if (this.#table.state(loan.record.slot) !== LoanState.read) continue
      this.#end(loan)
      loan.onReturn?.()
    }
    return true
  }

  /** `rank` has ended: it reads nothing any more. Nobody is told. */
  finished(rank: number): void {
    for (const loan of this.#lent) if (loan.dest === rank) this.#end(loan)
  }

  /**
   * Gives the receiver a copy instead, so that the lent memory may change. False where it reads the memory now, has read it, or too much has
   * been taken back already and `isForced` is not set.
   */
  takeBack(loan: LentMessage, isForced: boolean): boolean {
    const { dest, payload, record } = loan
    if (!this.#lent.has(loan) || this.#table.state(record.slot) !== LoanState.posted) return false
    const bytes = (this.#takenBackBytes.get(dest) ?? 0) + payload.length
    if (bytes > MOST_TAKEN_BACK_BYTES && !isForced) return false
    const copy = this.#staging.take(payload.length)
    copyView(payload, new Uint8Array(copy))
    const copyId = this.#buffers.pin(dest, copy)
    if (!this.#table.move(record.slot, copyId)) {
      this.#buffers.unpin(dest, copyId)
      this.#staging.giveBack(copy)
      return false
    }
    this.#buffers.unpin(dest, record.bufferId)
    this.#takenBackBytes.set(dest, bytes)
    loan.copy = { buffer: copy, id: copyId }
    loan.onReturn = null
    return true
  }

  #end(loan: LentMessage): void {
    const { dest, record, copy, payload } = loan
    this.#lent.delete(loan)
    this.#free.push(record.slot)
    this.#buffers.unpin(dest, copy?.id ?? record.bufferId)
    if (copy === null) return
    this.#staging.giveBack(copy.buffer)
    this.#takenBackBytes.set(dest, (this.#takenBackBytes.get(dest) ?? 0) - payload.length)
  }
}

/** A message whose payload the receiver copies itself. */
export class LentMessage implements Loan {
  readonly dest: number
  readonly payload: Uint8Array
  readonly record: LoanRecord
  onReturn: (() => void) | null
  /** What the receiver gets instead since the loan was taken back. */
  copy: { readonly buffer: SharedArrayBuffer; readonly id: number } | null = null
  readonly #lender: Lender

  constructor(lender: Lender, dest: number, payload: Uint8Array, record: LoanRecord, onReturn: () => void) {
    this.#lender = lender
    this.dest = dest
    this.payload = payload
    this.record = record
    this.onReturn = onReturn
  }

  takeBack(isForced: boolean): boolean {
    return this.#lender.takeBack(this, isForced)
  }
}
