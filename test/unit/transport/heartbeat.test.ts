import { expect } from 'chai'
import { type HeartbeatClock, startHeartbeat } from '../../../src/transport/heartbeat.ts'

/** A clock that only moves when told to, and an event loop that can be blocked: a late interval fires once, as Node's does. */
class FakeClock implements HeartbeatClock {
  #nowMs = 0
  #due = 0
  #tick: (() => void) | undefined
  #intervalMs = 0

  now(): number {
    return this.#nowMs
  }

  every(intervalMs: number, tick: () => void): () => void {
    this.#intervalMs = intervalMs
    this.#due = this.#nowMs + intervalMs
    this.#tick = tick
    return () => {
      this.#tick = undefined
    }
  }

  get isRunning(): boolean {
    return this.#tick !== undefined
  }

  advance(ms: number): void {
    for (let passed = 0; passed < ms; passed += 100) this.block(100)
  }

  block(ms: number): void {
    this.#nowMs += ms
    if (this.#nowMs < this.#due) return
    this.#due = this.#nowMs + this.#intervalMs
    this.#tick?.()
  }
}

function start() {
  const clock = new FakeClock()
  const events: string[] = []
  const line = {
    paused: false,
    acknowledges: undefined as boolean | undefined,
    isPaused: () => line.paused,
    isAcknowledged: () => line.acknowledges,
    quiet: (isQuiet: boolean) => events.push(isQuiet ? 'quiet' : 'goes on'),
    beat: () => events.push('beat'),
    lost: (reason: string) => events.push(reason),
  }
  const heartbeat = startHeartbeat(line, { intervalMs: 2000, deadAfterMs: 10_000, clock })
  return { clock, events, line, heartbeat }
}

describe('startHeartbeat()', () => {
  it('beats at every interval', () => {
    const { clock, events } = start()
    clock.advance(6000)
    expect(events).to.deep.equal(['beat', 'beat', 'beat'])
  })

  it('declares a silent side lost after deadAfterMs, once, and names the seconds', () => {
    const { clock, events } = start()
    clock.advance(9900)
    expect(events).to.not.include('no sign of life for 10 s')
    clock.advance(60_000)
    expect(events.filter((event) => event !== 'beat')).to.deep.equal(['no sign of life for 10 s'])
    expect(clock.isRunning).to.equal(false)
  })

  it('takes anything that is heard as a sign of life', () => {
    const { clock, events, heartbeat } = start()
    for (let second = 0; second < 60; second += 1) {
      clock.advance(9000)
      heartbeat.heard()
    }
    expect(events.every((event) => event === 'beat')).to.equal(true)
  })

  it('lets a blocked event loop read before it judges', () => {
    const { clock, events, heartbeat } = start()
    clock.block(60_000)
    expect(events).to.deep.equal(['beat'])
    heartbeat.heard()
    clock.advance(8000)
    expect(events.every((event) => event === 'beat')).to.equal(true)
  })

  it('still finds a dead side after the event loop was blocked', () => {
    const { clock, events } = start()
    clock.block(60_000)
    clock.advance(8000)
    expect(events).to.include('no sign of life for 10 s')
  })

  it('does not judge while nothing is read, but beats', () => {
    const { clock, events, line } = start()
    line.paused = true
    clock.advance(60_000)
    expect(events).to.deep.equal(Array.from({ length: 30 }, () => 'beat'))
    line.paused = false
    clock.advance(10_000)
    expect(events).to.include('no sign of life for 10 s')
  })

  it('does not give up a side that is silent while its system answers, and tells of its silence and of its end', () => {
    const { clock, events, line, heartbeat } = start()
    line.acknowledges = true
    clock.advance(3_600_000)
    expect(events.filter((event) => event !== 'beat')).to.deep.equal(['quiet'])
    heartbeat.heard()
    clock.advance(2000)
    expect(events.filter((event) => event !== 'beat')).to.deep.equal(['quiet', 'goes on'])
  })

  it('gives up a silent side deadAfterMs after its system has answered for the last time', () => {
    const { clock, events, line } = start()
    line.acknowledges = true
    clock.advance(60_000)
    line.acknowledges = false
    clock.advance(9900)
    expect(events).to.not.include('no sign of life for 10 s')
    clock.advance(2000)
    expect(events.filter((event) => event !== 'beat')).to.deep.equal(['quiet', 'no sign of life for 10 s'])
  })

  it('takes what arrives as an answer, also where something is not acknowledged yet', () => {
    const { clock, events, line, heartbeat } = start()
    line.acknowledges = false
    for (let second = 0; second < 60; second += 1) {
      clock.advance(9000)
      heartbeat.heard()
    }
    expect(events.every((event) => event === 'beat')).to.equal(true)
  })

  it('finds a dead system also while nothing is read', () => {
    const { clock, events, line } = start()
    line.paused = true
    line.acknowledges = false
    clock.advance(12_000)
    expect(events).to.include('no sign of life for 10 s')
  })

  it('is over after stop()', () => {
    const { clock, events, heartbeat } = start()
    heartbeat.stop()
    clock.advance(60_000)
    expect(events).to.deep.equal([])
  })
})
