import { expect } from 'chai'
import { BLOCK_TRIALS, type BlockRange, countHits, type TrialRange } from '../../../src/pi/index.ts'
import { countBlockHits } from '../../../src/pi/scalar-kernel.ts'

describe('countHits()', () => {
  // The hits of a seed are part of the interface: whoever changes these integers changes every user's results.
  for (const [seed, trials, hits] of [
    [42, 10, 6],
    [42, 1e6, 785630],
    [42, 1e7, 7852916],
    [0, 1e7, 7856157],
    [2 ** 53 - 1, 1e7, 7856410],
  ] as const) {
    it(`counts ${hits} hits in ${trials} trials of seed ${seed}`, () => {
      expect(countHits({ seed, trials })).to.equal(hits)
    })
  }

  for (const trials of [0, 1, 63, 64, 65, BLOCK_TRIALS - 1, BLOCK_TRIALS, BLOCK_TRIALS + 1, 3 * BLOCK_TRIALS + 17]) {
    it(`counts ${trials} trials as the scalar kernel does, block by block`, () => {
      let expected = 0
      for (let block = 0; block * BLOCK_TRIALS < trials; block++) {
        expected += countBlockHits(5, block, Math.min(BLOCK_TRIALS, trials - block * BLOCK_TRIALS))
      }
      expect(countHits({ seed: 5, trials })).to.equal(expected)
    })
  }

  it('adds up over ranges that adjoin', () => {
    const all = countHits({ seed: 9, trials: 10 * BLOCK_TRIALS + 4711 })
    const parts =
      countHits({ seed: 9, firstBlock: 0, blocks: 1 }) +
      countHits({ seed: 9, firstBlock: 1, blocks: 6 }) +
      countHits({ seed: 9, firstBlock: 7, blocks: 3 }) +
      countHits({ seed: 9, firstBlock: 10, trials: 4711 })
    expect(parts).to.equal(all)
    expect(countHits({ seed: 9, firstBlock: 4, blocks: 0 })).to.equal(0)
  })

  it('takes blocks far out', () => {
    expect(countHits({ seed: 1, firstBlock: 2 ** 53 - 2, blocks: 1 })).to.be.within(820_000, 827_000)
  })

  // Callers in JavaScript can pass anything.
  const call = (range: unknown) => () => countHits(range as BlockRange | TrialRange)

  for (const [range, type, message] of [
    [{ trials: 10 }, TypeError, /seed is undefined \(undefined\)\. Pass a number, an integer 0\.\.2\^53-1/],
    [{ seed: '42', trials: 10 }, TypeError, /seed is "42" \(string\)/],
    [{ seed: 42n, trials: 10 }, TypeError, /seed is 42 \(bigint\)/],
    [{ seed: -1, trials: 10 }, RangeError, /seed is -1\. Pass an integer/],
    [{ seed: 0.5, trials: 10 }, RangeError, /seed is 0\.5\. Pass an integer/],
    [{ seed: 2 ** 53, trials: 10 }, RangeError, /seed is 9007199254740992\. Pass an integer/],
    [{ seed: Number.NaN, trials: 10 }, RangeError, /seed is NaN/],
    [{ seed: 1, trials: 1.5 }, RangeError, /trials is 1\.5\. Pass an integer/],
    [{ seed: 1, trials: -1 }, RangeError, /trials is -1\. Pass an integer/],
    [{ seed: 1, trials: 2 ** 53 }, RangeError, /trials is 9007199254740992\. Split the trials .* BigInt/],
    [{ seed: 1, trials: Number.POSITIVE_INFINITY }, RangeError, /trials is Infinity\. Split/],
    [{ seed: 1, firstBlock: 0, blocks: 2 ** 33 }, RangeError, /8589934592 blocks are .* Split the blocks .* BigInt/],
    [{ seed: 1, firstBlock: 2 ** 53 - 1, blocks: 1 }, RangeError, /ends beyond block 2\^53-1\. Start at a lower/],
    [{ seed: 1, firstBlock: -1, blocks: 1 }, RangeError, /firstBlock is -1/],
    [{ seed: 1, blocks: 1 }, TypeError, /blocks is given without firstBlock/],
    [{ seed: 1 }, TypeError, /neither trials nor blocks is given\. Call countHits\(/],
    [{ seed: 1, firstBlock: 0, blocks: 1, trials: 1 }, TypeError, /both trials and blocks are given/],
    [undefined, TypeError, /seed is undefined \(undefined\)/],
  ] as const) {
    it(`refuses: ${message.source.replaceAll('\\', '')}`, () => {
      expect(call(range)).to.throw(type, message)
    })
  }
})
