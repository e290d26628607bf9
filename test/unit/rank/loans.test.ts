import { expect } from 'chai'
import { LentPayload } from '../../../src/rank/loans/borrower.ts'
import { Lender, type LentMessage } from '../../../src/rank/loans/lender.ts'
import { LOAN_BYTES, LOAN_SLOTS, readLoan, writeLoan } from '../../../src/rank/loans/loan-table.ts'
import { Doorbell } from '../../../src/shm/doorbell.ts'
import { allocateNodeMemory } from '../../../src/shm/layout.ts'
import { BufferNode } from './buffer-node.ts'

const BYTES = 16 * 1024

/** Rank 0 lends to rank 1. */
class Pair {
  readonly node = new BufferNode(2)
  readonly lender = new Lender(this.node.rank(0))
  readonly memory: Uint8Array = new Uint8Array(new SharedArrayBuffer(2 * BYTES), 64, BYTES)
  returns = 0

  constructor() {
    // So that the first loan is one.
    this.node.rank(0).pin(1, this.sharedBuffer)
  }

  get sharedBuffer(): SharedArrayBuffer {
    return this.memory.buffer as SharedArrayBuffer
  }

  lend(byte: number): LentMessage {
    this.memory.fill(byte)
    const loan = this.lender.prepare(1, this.memory, () => {
      this.returns += 1
    })
    if (loan === null) throw new Error('it is not lent')
    return loan
  }

  /** What rank 1 reads. */
  read(loan: LentMessage): Uint8Array {
    this.node.passOn()
    const bell = new Doorbell(allocateNodeMemory(1), 0)
    const into = new Uint8Array(BYTES)
    new LentPayload(this.node.rank(1), 0, loan.record, bell).copyInto(into)
    return into
  }
}

describe('loans', () => {
  let pair: Pair
  beforeEach(() => {
    pair = new Pair()
  })
  afterEach(() => pair.node.close())

  it('the receiver copies the lent bytes, then collect() ends the loan', () => {
    const loan = pair.lend(7)
    expect(pair.lender.collect(), 'before').to.equal(false)
    expect(pair.read(loan).every((byte) => byte === 7)).to.equal(true)
    expect(pair.lender.hasReturns).to.equal(true)
    expect(pair.lender.collect()).to.equal(true)
    expect(pair.returns).to.equal(1)
    expect(pair.lender.collect(), 'again').to.equal(false)
  })

  it('takeBack() gives the receiver the bytes of that time', () => {
    const loan = pair.lend(7)
    expect(loan.takeBack(false)).to.equal(true)
    pair.memory.fill(9)
    expect(loan.takeBack(false), 'twice').to.equal(false)
    expect(pair.read(loan).every((byte) => byte === 7)).to.equal(true)
    expect(pair.lender.collect()).to.equal(true)
    expect(pair.returns, 'nobody waits any more').to.equal(0)
  })

  it('takeBack() fails where the receiver was faster', () => {
    const loan = pair.lend(7)
    pair.read(loan)
    expect(loan.takeBack(true)).to.equal(false)
    pair.lender.collect()
    expect(pair.returns).to.equal(1)
  })

  it('copies that were taken back are bounded for each receiver, unless forced, and are used again', () => {
    const loans: LentMessage[] = []
    const big = new Uint8Array(new SharedArrayBuffer(16 * 2 ** 20))
    for (let i = 0; i < 5; i += 1) {
      const loan = pair.lender.prepare(1, big, () => undefined)
      if (loan !== null) loans.push(loan)
    }
    expect(loans.map((loan) => loan.takeBack(false))).to.deep.equal([true, true, true, true, false])
    expect(loans[4]?.takeBack(true)).to.equal(true)
  })

  it('prepare() gives null where all slots are in use, until one is read', () => {
    const loans = Array.from({ length: LOAN_SLOTS }, () => pair.lend(1))
    expect(pair.lender.prepare(1, pair.memory, () => undefined)).to.equal(null)
    for (const loan of loans.slice(0, 3)) pair.read(loan)
    pair.lender.collect()
    expect(pair.returns).to.equal(3)
    pair.lend(2)
  })

  it('prepare() gives null for memory that the receiver has not seen, and tells it', () => {
    const other = new Uint8Array(new SharedArrayBuffer(BYTES))
    expect(pair.lender.prepare(1, other, () => undefined)).to.equal(null)
    expect(pair.lender.prepare(1, other, () => undefined)).not.to.equal(null)
  })

  it('finished() frees the slots of loans to a rank that has ended', () => {
    for (let i = 0; i < LOAN_SLOTS; i += 1) pair.lend(1)
    pair.lender.finished(1)
    pair.lend(2)
    expect(pair.returns).to.equal(0)
  })

  it('a record of a loan keeps numbers up to 2^53', () => {
    const record = { tableId: 3, bufferId: 2 ** 31 - 1, slot: LOAN_SLOTS - 1, byteOffset: 2 ** 52 + 8 }
    const memory = new ArrayBuffer(LOAN_BYTES)
    writeLoan(new Int32Array(memory), new Float64Array(memory), 40, record)
    expect(readLoan(new Int32Array(memory), new Float64Array(memory), 40)).to.deep.equal(record)
  })
})
