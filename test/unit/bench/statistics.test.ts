import { expect } from 'chai'
import { median, pairedRatios, summarize } from '../../../scripts/bench/statistics.ts'

describe('median()', () => {
  for (const [values, expected] of [
    [[7], 7],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[100, 9, 10], 10],
  ] as const) {
    it(`is ${expected} of ${values.join(', ')}`, () => {
      expect(median(values)).to.equal(expected)
    })
  }

  it('is no number where there are no values', () => {
    expect(Number.isNaN(median([]))).to.equal(true)
  })

  it('leaves the values in their order', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).to.deep.equal([3, 1, 2])
  })
})

describe('summarize()', () => {
  it('gives median, smallest, largest and count', () => {
    expect(summarize([5, 1, 3])).to.deep.equal({ median: 3, min: 1, max: 5, count: 3 })
  })

  it('gives nothing of nothing', () => {
    expect(summarize([])).to.equal(undefined)
  })
})

describe('pairedRatios()', () => {
  it('divides their time by ours, round by round', () => {
    expect(pairedRatios([1, 2, 4], [3, 3, 3], 'lower')).to.deep.equal([3, 1.5, 0.75])
  })

  it('divides our rate by theirs', () => {
    expect(pairedRatios([10, 30], [5, 10], 'higher')).to.deep.equal([2, 3])
  })

  it('leaves out rounds in which one of the two has no value', () => {
    expect(pairedRatios([1, undefined, 2], [undefined, 5, 8], 'lower')).to.deep.equal([4])
    expect(pairedRatios([1, 2], [6], 'lower')).to.deep.equal([6])
  })

  it('cancels what slows down both in the same round', () => {
    expect(pairedRatios([10, 1000], [20, 2000], 'lower')).to.deep.equal([2, 2])
  })
})
