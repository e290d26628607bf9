import { copyView } from '../../base/copy-bytes.ts'
import type { BorrowedPayload } from '../../mpi/link/link.ts'
import type { Doorbell } from '../../shm/doorbell.ts'
import { type LoanRecord, LoanTable } from './loan-table.ts'
import type { SharedBuffers } from './shared-buffers.ts'

/** The payload of a message that lies in its sender's memory until somebody wants it. */
export class LentPayload implements BorrowedPayload {
  readonly #buffers: SharedBuffers
  readonly #source: number
  readonly #record: LoanRecord
  /** Of the sender. */
  readonly #bell: Doorbell

  constructor(buffers: SharedBuffers, source: number, record: LoanRecord, bell: Doorbell) {
    this.#buffers = buffers
    this.#source = source
    this.#record = record
    this.#bell = bell
  }

  copyInto(memory: Uint8Array): void {
    const { tableId, bufferId, slot, byteOffset } = this.#record
    const table = new LoanTable(this.#buffers.find(this.#source, tableId))
    const copyId = table.claim(slot)
    const isCopy = copyId !== 0
    const buffer = this.#buffers.find(this.#source, isCopy ? copyId : bufferId)
    copyView(new Uint8Array(buffer, isCopy ? 0 : byteOffset, memory.length), memory)
    table.release(slot)
    this.#bell.ring()
  }
}
