import { expect } from 'chai'
import { Spin } from '../../../src/pool/dispatch/spin.ts'

/** Waits until the next one that looks, all in vain; how many went without a look before it. */
function skipped(spin: Spin): number {
  let count = 0
  while (spin.next() === 0) count += 1
  return count
}

describe('Spin', () => {
  it('looks less and less often while looks are in vain, and each time again after one that was not', () => {
    const spin = new Spin(true)
    for (const expected of [0, 0, 0, 15, 31, 63, 127, 255, 511, 511]) {
      expect(skipped(spin)).to.equal(expected)
      spin.looked(false)
    }
    expect(skipped(spin)).to.equal(511)
    spin.looked(true)
    for (const expected of [0, 0, 0, 15]) {
      expect(skipped(spin)).to.equal(expected)
      spin.looked(false)
    }
  })

  it('never looks where it may not', () => {
    const spin = new Spin(false)
    for (let i = 0; i < 1000; i += 1) expect(spin.next()).to.equal(0)
  })
})
