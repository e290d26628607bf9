import { expect } from 'chai'
import { type LockTicket, WindowLock } from '../../../src/shm/window-lock.ts'
import { Random, testSeed } from '../../support/random.ts'

function lockOf(size: number): { lock: WindowLock; woken: number[]; wake: (rank: number) => void } {
  const woken: number[] = []
  const lock = new WindowLock(new Int32Array(new SharedArrayBuffer(WindowLock.bytes(size))))
  return { lock, woken, wake: (rank) => void woken.push(rank) }
}

describe('WindowLock', () => {
  it('gives turns in the order of the tickets', () => {
    const { lock, wake, woken } = lockOf(3)
    const tickets = [2, 0, 1].map((rank) => lock.queue(rank, false))
    for (const ticket of tickets) {
      expect(tickets.filter((one) => lock.hasTurn(one))).to.deep.equal([ticket])
      lock.take(ticket, wake)
      lock.release(ticket.rank, wake)
    }
    expect(woken, 'those who still wait, at each release').to.deep.equal([0, 1, 1])
  })

  it('ranks that share have it together; who wants it alone waits for all of them, and those behind for that one', () => {
    const { lock, wake } = lockOf(4)
    const [first, second, alone, third] = [
      lock.queue(0, true),
      lock.queue(1, true),
      lock.queue(2, false),
      lock.queue(3, true),
    ] as const
    lock.take(first, wake)
    expect(lock.hasTurn(second)).to.equal(true)
    lock.take(second, wake)
    expect([lock.hasTurn(alone), lock.hasTurn(third)]).to.deep.equal([false, false])
    lock.release(0, wake)
    expect(lock.hasTurn(alone)).to.equal(false)
    lock.release(1, wake)
    expect([lock.hasTurn(alone), lock.hasTurn(third)]).to.deep.equal([true, false])
    lock.take(alone, wake)
    expect(lock.hasTurn(third)).to.equal(false)
    lock.release(2, wake)
    expect(lock.hasTurn(third)).to.equal(true)
  })

  it('a rank that is no more gives back what it has, or its place', () => {
    const { lock, wake, woken } = lockOf(3)
    const [holder, , last] = [lock.queue(0, false), lock.queue(1, false), lock.queue(2, false)] as const
    lock.take(holder, wake)
    lock.abandon(1, wake)
    expect(woken, 'its turn has not come').to.deep.equal([])
    lock.abandon(0, wake)
    expect(woken, 'the turn of the lost one is passed over').to.deep.equal([2])
    expect(lock.hasTurn(last)).to.equal(true)
    lock.abandon(1, wake)
    lock.abandon(2, wake)
    expect(lock.hasTurn(lock.queue(1, true)), 'it is free').to.equal(true)
  })

  it('a rank that gives up in its own turn passes it on', () => {
    const { lock, wake } = lockOf(3)
    const [reader, , last] = [lock.queue(0, true), lock.queue(1, false), lock.queue(2, true)] as const
    lock.take(reader, wake)
    expect(lock.hasTurn(last), 'behind one that wants it alone').to.equal(false)
    lock.abandon(1, wake)
    expect(lock.hasTurn(last)).to.equal(true)
  })

  it('a rank that has given up and asks again has the place that it had', () => {
    const { lock, wake } = lockOf(3)
    const holder = lock.queue(0, false)
    lock.take(holder, wake)
    const [lost, last] = [lock.queue(1, false), lock.queue(2, false)] as const
    lock.abandon(1, wake)
    const again = lock.queue(1, true)
    expect(again.number).to.equal(lost.number)
    lock.release(0, wake)
    expect([lock.hasTurn(again), lock.hasTurn(last)]).to.deep.equal([true, false])
    lock.take(again, wake)
    lock.release(1, wake)
    expect(lock.hasTurn(last)).to.equal(true)
  })

  it('never has two that exclude each other, and nobody waits for ever, in random orders', () => {
    const seed = testSeed()
    const random = new Random(seed)
    const size = 5
    const { lock, wake } = lockOf(size)
    const waiting: LockTicket[] = []
    const holding: LockTicket[] = []
    let taken = 0
    for (let step = 0; step < 20_000 || waiting.length > 0; step += 1) {
      const idle = [...new Array(size).keys()].filter(
        (rank) => ![...waiting, ...holding].some((one) => one.rank === rank),
      )
      const able = waiting.filter((ticket) => lock.hasTurn(ticket))
      if (able.length === 0 && holding.length === 0 && waiting.length > 0) throw new Error(`all wait (seed ${seed})`)
      if (idle.length > 0 && step < 20_000 && random.chance(0.4)) {
        waiting.push(lock.queue(idle[random.below(idle.length)] ?? 0, random.chance(0.5)))
      } else if (able.length > 0 && random.chance(0.6)) {
        const ticket = able[random.below(able.length)]
        if (ticket === undefined) continue
        lock.take(ticket, wake)
        waiting.splice(waiting.indexOf(ticket), 1)
        holding.push(ticket)
        taken += 1
        const isAlone = holding.some(({ isShared }) => !isShared)
        if (isAlone && holding.length > 1) throw new Error(`${holding.length} have the lock (seed ${seed})`)
      } else if (waiting.length > 0 && random.chance(0.2)) {
        const [ticket] = waiting.splice(random.below(waiting.length), 1)
        if (ticket !== undefined) lock.abandon(ticket.rank, wake)
      } else if (holding.length > 0) {
        const [ticket] = holding.splice(random.below(holding.length), 1)
        if (ticket !== undefined) lock.release(ticket.rank, wake)
      }
    }
    expect(taken).to.be.greaterThan(1000)
  })

  it('the agent hears the bell that rang after it looked', async () => {
    const { lock } = lockOf(1)
    const seen = lock.bell
    lock.ringAgent()
    await lock.waitForBell(seen)
    const waits = lock.waitForBell(lock.bell)
    lock.ringAgent()
    await waits
  })
})
