import { expect } from 'chai'
import { Turns } from '../../../src/shm/turns.ts'

const NEVER = { hasCome: () => false }

/** Turns with a clock of their own; each takes `turnMs`. */
class Fixture {
  turnMs = 0.001
  given = 0
  loads = 0
  #now = 0
  readonly turns: Turns

  constructor(most?: number) {
    const load = () => {
      this.loads += 1
      return () => {
        this.given += 1
        this.#now += this.turnMs
      }
    }
    this.turns = new Turns(load, most, () => this.#now)
  }

  /** Something that has come when so many turns have been given. */
  after(turns: number): { hasCome(): boolean } {
    const until = this.given + turns
    return { hasCome: () => this.given >= until }
  }

  /** Past the first waits, which never give a turn. */
  started(): this {
    for (let wait = 0; wait < 8; wait += 1) this.turns.giveUntil(NEVER)
    expect([this.loads, this.given]).to.deep.equal([0, 0])
    return this
  }

  /** How many waits for something that takes a turn sleep at once until one gives it. */
  resting(): number {
    for (let count = 0; ; count += 1) if (this.#givesTurns()) return count
  }

  #givesTurns(): boolean {
    const before = this.given
    this.turns.giveUntil(this.after(1))
    return this.given > before
  }
}

describe('Turns', () => {
  it('are given until what is waited for has come, and the call is asked for once', () => {
    const fixture = new Fixture().started()
    for (const turns of [0, 1, 5, 199]) {
      expect(fixture.turns.giveUntil(fixture.after(turns)), `${turns} turns`).to.equal(true)
    }
    expect([fixture.loads, fixture.given]).to.deep.equal([1, 205])
  })

  it('end with sleep after 200', () => {
    const fixture = new Fixture().started()
    expect(fixture.turns.giveUntil(NEVER)).to.equal(false)
    expect(fixture.given).to.equal(200)
  })

  it('end with sleep after as many as the thread is to give', () => {
    const fixture = new Fixture(500).started()
    expect(fixture.turns.giveUntil(fixture.after(499))).to.equal(true)
    fixture.given = 0
    expect(fixture.turns.giveUntil(NEVER)).to.equal(false)
    expect(fixture.given).to.equal(500)
  })

  it('end with sleep after one that was long, unless it has brought what is waited for', () => {
    const fixture = new Fixture().started()
    fixture.turnMs = 2
    expect(fixture.turns.giveUntil(NEVER)).to.equal(false)
    expect(fixture.given).to.equal(1)
    expect(fixture.turns.giveUntil(fixture.after(1))).to.equal(true)
  })

  it('are given more and more seldom while others compute, and often again when they do no longer', () => {
    const fixture = new Fixture().started()
    fixture.turnMs = 2
    for (const rest of [0, 0, 0, 0, 64, 128, 256, 512, 1024, 1024]) expect(fixture.resting()).to.equal(rest)
    fixture.turnMs = 0.001
    expect(fixture.resting()).to.equal(1024)
    for (let wait = 1; wait < 64; wait += 1) expect(fixture.resting()).to.equal(0)
    fixture.turnMs = 2
    for (const rest of [0, 0, 0, 0, 64]) expect(fixture.resting()).to.equal(rest)
  })

  it('are given more and more seldom where nothing comes for long', () => {
    const fixture = new Fixture().started()
    for (let wait = 0; wait < 100; wait += 1) fixture.turns.giveUntil(NEVER)
    // Four, and one after a rest of 64.
    expect(fixture.given).to.equal(5 * 200)
  })

  it('are not given where there is no such call', () => {
    const turns = new Turns(() => null)
    for (let wait = 0; wait < 20; wait += 1) {
      expect(turns.giveUntil({ hasCome: () => wait < 0 })).to.equal(false)
    }
  })
})
