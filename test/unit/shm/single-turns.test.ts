import { expect } from 'chai'
import { SingleTurns } from '../../../src/shm/single-turns.ts'

/** Turns with a clock of their own; each takes `turnMs`. */
class Fixture {
  turnMs = 0.001
  given = 0
  loads = 0
  #now = 0
  readonly turns = new SingleTurns(
    () => {
      this.loads += 1
      return () => {
        this.given += 1
        this.#now += this.turnMs
      }
    },
    () => this.#now,
  )

  /** How many occasions pass until a turn is given. */
  resting(): number {
    const before = this.given
    for (let count = 0; ; count += 1) {
      this.turns.give()
      if (this.given > before) return count
    }
  }
}

describe('SingleTurns', () => {
  it('are given each time while they are short, and the call is asked for at the first', () => {
    const fixture = new Fixture()
    expect(fixture.loads).to.equal(0)
    for (let i = 0; i < 5000; i += 1) fixture.turns.give()
    expect([fixture.loads, fixture.given]).to.deep.equal([1, 5000])
  })

  it('are given more and more seldom while others keep the processor, and often again when they do no longer', () => {
    const fixture = new Fixture()
    fixture.turnMs = 3
    for (const rest of [0, 0, 0, 0, 64, 128, 256, 512, 1024, 1024]) expect(fixture.resting()).to.equal(rest)
    fixture.turnMs = 0.001
    expect(fixture.resting()).to.equal(1024)
    for (let i = 1; i < 64; i += 1) expect(fixture.resting()).to.equal(0)
    fixture.turnMs = 3
    for (const rest of [0, 0, 0, 0, 64]) expect(fixture.resting()).to.equal(rest)
  })

  it('are not given where there is no such call', () => {
    let loads = 0
    const turns = new SingleTurns(() => {
      loads += 1
      return null
    })
    for (let i = 0; i < 5; i += 1) turns.give()
    expect(loads).to.equal(1)
  })
})
