import { expect } from 'chai'
import { Histogram } from '../../../src/pool/dispatch/histogram.ts'

describe('Histogram', () => {
  it('gives zeros before anything is added', () => {
    expect(new Histogram().percentiles()).to.deep.equal({ p50: 0, p90: 0, p99: 0, max: 0, mean: 0 })
  })

  for (const scale of [0.001, 1, 1000]) {
    it(`is within 5 % for 1 to 100 times ${scale} ms`, () => {
      const histogram = new Histogram()
      for (let i = 1; i <= 100; i += 1) histogram.add(i * scale, 1)
      const { p50, p90, p99, max, mean } = histogram.percentiles()
      expect(p50 / scale).to.be.closeTo(50, 2.6)
      expect(p90 / scale).to.be.closeTo(90, 4.6)
      expect(p99 / scale).to.be.closeTo(99, 5)
      expect(max).to.equal(100 * scale)
      expect(mean / scale).to.be.closeTo(50.5, 1e-9)
    })
  }

  it('counts a time as often as it is told', () => {
    const histogram = new Histogram()
    histogram.add(1, 98)
    histogram.add(100, 2)
    const { p50, p99 } = histogram.percentiles()
    expect(p50).to.be.closeTo(1, 0.06)
    expect(p99).to.be.closeTo(100, 5)
  })
})
