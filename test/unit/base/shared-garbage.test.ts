import { expect } from 'chai'
import { SharedGarbage } from '../../../src/base/shared-garbage.ts'

const MIB = 1024 * 1024

/** A thread whose collections take `takesMs`. */
function thread(takesMs: number): { garbage: SharedGarbage; clock: { ms: number }; collections: () => number } {
  const clock = { ms: 0 }
  let collections = 0
  const garbage = new SharedGarbage({
    now: () => clock.ms,
    collect: () => {
      collections += 1
      clock.ms += takesMs
    },
  })
  return { garbage, clock, collections: () => collections }
}

describe('SharedGarbage', () => {
  it('collects each time that 128 MiB have come', () => {
    const { garbage, clock, collections } = thread(0)
    for (let i = 0; i < 10 * 128; i += 1) {
      garbage.came(MIB)
      clock.ms += 1
    }
    expect(collections()).to.equal(10)
  })

  it('takes no more than a twentieth of the time while less than 256 MiB come', () => {
    const { garbage, clock, collections } = thread(100)
    while (clock.ms < 100_000) {
      garbage.came(MIB)
      clock.ms += 10
    }
    // Each 200 MiB, then.
    expect(collections() * 100).to.be.within(4000, 5100)
  })

  it('never lets more than 256 MiB come', () => {
    const { garbage, collections } = thread(100)
    for (let i = 0; i < 1 + 10 * 256; i += 1) garbage.came(MIB)
    expect(collections()).to.be.within(10, 11)
  })

  it('does nothing for a thread to which little comes', () => {
    const { garbage, collections } = thread(0)
    garbage.came(127 * MIB)
    expect(collections()).to.equal(0)
  })

  it('frees shared memory that was dropped', () => {
    const garbage = new SharedGarbage()
    const before = process.memoryUsage().rss
    for (let i = 0; i < 100; i += 1) {
      garbage.came(8 * MIB)
      new Uint8Array(new SharedArrayBuffer(8 * MIB)).fill(1)
    }
    // 800 MiB without it.
    expect((process.memoryUsage().rss - before) / MIB).to.be.below(500)
  })
})
