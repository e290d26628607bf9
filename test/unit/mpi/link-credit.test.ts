import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import type { Link } from '../../../src/mpi/link/link.ts'
import { createRuntime } from '../../../src/mpi/runtime.ts'
import type { Envelope } from '../../../src/wire/envelope.ts'
import { testHost } from './support/test-network.ts'

/** Takes messages only with credit, and calls back once when it comes: nothing else ever happens. */
class LinkWithCredit implements Link {
  readonly rank = 0
  readonly size = 2
  readonly sent: Envelope[] = []
  #isOnItsWay = false
  #hasCredit = false
  #wake: (() => void) | undefined

  trySend(envelope: Envelope, payload: Uint8Array, from: number): number {
    if (!this.#hasCredit) return from > 0 ? from : -1
    this.sent.push(envelope)
    return payload.byteLength
  }

  receive(): boolean {
    const any = this.#isOnItsWay
    this.#isOnItsWay = false
    this.#hasCredit ||= any
    return any
  }

  wait(): void {
    throw new Error('nothing blocks here')
  }

  wakeOnce(wake: () => void): void {
    this.#wake = wake
  }

  cancelWake(): void {
    this.#wake = undefined
  }

  giveCredit(): void {
    this.#isOnItsWay = true
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

describe('Messages that wait for credit of the link', () => {
  it('leave when it comes, though nothing comes after it', async () => {
    const link = new LinkWithCredit()
    const { MPI } = createRuntime(link, { ...testHost, nodeOfRank: [0, 1] })
    let isDone = false
    void MPI.COMM_WORLD.isend(new Uint8Array(100_000), 1).then(() => {
      isDone = true
    })
    for (let turn = 0; turn < 10; turn += 1) await setImmediate()
    expect([isDone, link.sent.length]).to.deep.equal([false, 0])
    link.giveCredit()
    for (let turn = 0; turn < 10; turn += 1) await setImmediate()
    expect([isDone, link.sent.length]).to.deep.equal([true, 1])
  })
})
