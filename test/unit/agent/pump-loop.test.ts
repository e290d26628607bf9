import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { PumpLoop } from '../../../src/agent/routing/pump-loop.ts'
import { Doorbell } from '../../../src/shm/doorbell.ts'
import { endpointOffset, type NodeMemory, SLEEPING } from '../../../src/shm/layout.ts'
import { smallNode } from '../shm/small-node.ts'

/** A loop over one word: work that somebody leaves there, and a bell that tells of it. */
class Bench {
  readonly node: NodeMemory = smallNode(1024, 1)
  readonly waker = new Doorbell(this.node, 0)
  work = 0
  done = 0
  rounds = 0
  turns = 0
  /** What another thread does when the loop gives its turn away. */
  onTurn: () => void = () => undefined
  readonly loop: PumpLoop

  constructor(mayPoll: boolean) {
    this.loop = new PumpLoop({
      bell: new Doorbell(this.node, 0),
      pump: () => {
        this.rounds += 1
        const moved = this.work > 0
        this.done += this.work
        this.work = 0
        return moved
      },
      hasWork: () => this.work > 0,
      mayPoll,
      giveTurn: () => {
        this.turns += 1
        this.onTurn()
      },
    })
  }

  get isAsleep(): boolean {
    return Atomics.load(new Int32Array(this.node.memory.buffer), endpointOffset(0) / 4 + SLEEPING) === 1
  }

  /** As a rank does: leave the work, then ring. */
  give(): void {
    this.work += 1
    this.waker.ring()
  }

  async asleep(): Promise<void> {
    while (!this.isAsleep) await turn()
  }
}

describe('PumpLoop', () => {
  const benches: Bench[] = []
  const make = (mayPoll: boolean): Bench => {
    const bench = new Bench(mayPoll)
    benches.push(bench)
    bench.loop.start()
    return bench
  }

  afterEach(() => {
    for (const { loop } of benches.splice(0)) loop.stop()
  })

  it('does work that comes while it sleeps, every time, and runs no rounds in between', async () => {
    const bench = make(true)
    for (let count = 1; count <= 50; count++) {
      await bench.asleep()
      const { rounds } = bench
      for (let turns = 0; turns < 5; turns++) await turn()
      expect(bench.rounds).to.equal(rounds)
      bench.give()
      while (bench.done < count) await turn()
    }
  })

  it('looks by itself after expectAnswer(), without the bell, and sleeps again', async () => {
    const bench = make(true)
    await bench.asleep()
    bench.loop.expectAnswer()
    expect(bench.isAsleep).to.equal(false)
    bench.work = 1
    while (bench.done < 1) await turn()
    await bench.asleep()
    bench.give()
    while (bench.done < 2) await turn()
  })

  it('leaves off when no answer comes, and for a while does not begin again', async () => {
    const bench = make(true)
    await bench.asleep()
    let began = 0
    const until = performance.now() + 60
    while (performance.now() < until) {
      bench.loop.expectAnswer()
      if (!bench.isAsleep) {
        began += 1
        await bench.asleep()
      }
      await turn()
    }
    // The pauses double from 0.1 ms: 60 ms have room for about ten looks.
    expect(began).to.be.within(1, 12)
    bench.give()
    while (bench.done < 1) await turn()
  })

  it('never looks where there is no core for it', async () => {
    const bench = make(false)
    await bench.asleep()
    bench.loop.expectAnswer()
    expect(bench.isAsleep).to.equal(true)
  })

  it('gives a turn before it sleeps, in which work comes without the bell, and none where there was nothing to do', async () => {
    const bench = make(false)
    await bench.asleep()
    expect(bench.turns).to.equal(0)
    bench.waker.ring()
    while (bench.rounds < 2) await turn()
    await bench.asleep()
    expect(bench.turns).to.equal(0)
    const wasAsleep: boolean[] = []
    bench.onTurn = () => {
      wasAsleep.push(bench.isAsleep)
      if (bench.done < 10) bench.work += 1
    }
    bench.give()
    while (bench.done < 10) await turn()
    await bench.asleep()
    expect([bench.done, bench.turns]).to.deep.equal([10, 10])
    expect(wasAsleep).to.deep.equal(Array.from({ length: 10 }, () => false))
  })

  it('need not be rung in a turn that it gives, also where it was no bell that woke it', async () => {
    const bench = make(false)
    await bench.asleep()
    const wasAsleep: boolean[] = []
    bench.onTurn = () => {
      wasAsleep.push(bench.isAsleep)
    }
    bench.work = 1
    bench.loop.round()
    while (bench.turns < 1) await turn()
    expect([bench.done, wasAsleep]).to.deep.equal([1, [false]])
    await bench.asleep()
    bench.give()
    while (bench.done < 2) await turn()
  })

  it('gives turns while it looks for an answer', async () => {
    const bench = make(true)
    await bench.asleep()
    bench.onTurn = () => {
      if (bench.turns === 3) bench.work += 1
    }
    // A look that the clock has ended before is repeated.
    while (bench.done < 1) {
      bench.turns = 0
      bench.loop.expectAnswer()
      await turn()
      while (!bench.isAsleep && bench.done < 1) await turn()
    }
    expect(bench.turns).to.be.at.least(3)
  })

  it('loses no work whatever it is doing when the work comes', async () => {
    const bench = make(true)
    const seed = 4711
    let state = seed
    const next = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
      return (state >>> 8) % below
    }
    for (let count = 1; count <= 2000; count++) {
      for (let turns = next(4); turns > 0; turns--) await turn()
      if (next(2) > 0) bench.loop.expectAnswer()
      if (next(3) > 0) bench.loop.round()
      for (let turns = next(3); turns > 0; turns--) await turn()
      bench.give()
      if (next(2) > 0) bench.loop.expectAnswer()
      for (let turns = 0; bench.done < count; turns++) {
        if (turns > 100_000) throw new Error(`seed ${seed}: work ${count} was not seen`)
        await turn()
      }
    }
  })

  it('stop() ends it in whatever state', async () => {
    const bench = make(true)
    await bench.asleep()
    bench.loop.expectAnswer()
    bench.loop.stop()
    for (let turns = 0; turns < 5; turns++) await turn()
    const { rounds } = bench
    bench.give()
    bench.loop.expectAnswer()
    bench.loop.round()
    for (let turns = 0; turns < 5; turns++) await turn()
    expect(bench.rounds).to.equal(rounds)
  })
})
