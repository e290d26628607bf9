import { expect } from 'chai'
import { analyse, serialFraction, sweetSpot, type Timing } from '../../../src/cli/scaling/speed-up.ts'

/** Timings by number of ranks. */
function timings(seconds: Readonly<Record<number, readonly number[]>>): Timing[] {
  return Object.entries(seconds).map(([ranks, list]) => ({ ranks: Number(ranks), nodes: 1, seconds: list }))
}

const amdahl = (fraction: number, ranks: number): number => fraction + (1 - fraction) / ranks

describe('analyse()', () => {
  it('takes medians, and compares with the fewest ranks', () => {
    const [one, two] = analyse(timings({ 1: [9, 10, 30], 2: [4, 6, 5, 7] }), false)
    expect(one).to.deep.include({ median: 10, min: 9, max: 30, speedUp: 1, efficiency: 1 })
    expect(one).not.to.have.property('serialFraction')
    expect(two).to.deep.include({ median: 5.5, speedUp: 10 / 5.5, efficiency: 10 / 11 })
    expect(two?.serialFraction).to.be.closeTo(0.1, 1e-12)
  })

  it('finds the serial fraction of a program that follows Amdahl, for each count', () => {
    const rows = analyse(timings({ 1: [1], 2: [amdahl(0.05, 2)], 7: [amdahl(0.05, 7)], 64: [amdahl(0.05, 64)] }), false)
    for (const { serialFraction: found } of rows.slice(1)) expect(found).to.be.closeTo(0.05, 1e-12)
  })

  it('weak: the same time is the ideal, and the fraction is Gustafson’s', () => {
    const rows = analyse(timings({ 1: [10], 2: [10], 4: [12.5] }), true)
    expect(rows.map(({ speedUp, efficiency }) => [speedUp, efficiency])).to.deep.equal([
      [1, 1],
      [2, 1],
      [3.2, 0.8],
    ])
    expect(rows[2]?.serialFraction).to.be.closeTo(0.8 / 3, 1e-12)
  })

  it('has no serial fraction where one rank was not measured', () => {
    const rows = analyse(timings({ 2: [10], 4: [5] }), false)
    expect(rows[1]).to.deep.include({ speedUp: 2, efficiency: 1 }).and.not.to.have.property('serialFraction')
  })

  it('is empty for nothing', () => {
    expect(analyse([], false)).to.deep.equal([])
  })
})

describe('serialFraction()', () => {
  it('is 0 for the ideal, 1 for none, and below 0 above the ideal', () => {
    expect(serialFraction(4, 4)).to.equal(0)
    expect(serialFraction(1, 4)).to.equal(1)
    expect(serialFraction(5, 4)).to.be.below(0)
  })
})

describe('sweetSpot()', () => {
  for (const [name, seconds, least, expected] of [
    ['two cores', { 1: [10], 2: [5.2], 4: [5.1] }, 0.7, 2],
    ['a perfect program', { 1: [8], 2: [4], 4: [2] }, 0.7, 4],
    ['a program that only gets slower', { 1: [8], 2: [9], 4: [12] }, 0.7, 1],
    ['exactly the limit', { 1: [7], 2: [5] }, 0.7, 2],
    ['a lower limit', { 1: [10], 2: [5.2], 4: [5.1] }, 0.45, 4],
    ['more ranks that are efficient but slower', { 1: [10], 2: [2], 4: [3] }, 0.7, 2],
    ['equal times, both efficient', { 1: [10], 2: [3], 3: [3] }, 0.7, 2],
  ] as const) {
    it(`of ${name} is ${expected}`, () => {
      expect(sweetSpot(analyse(timings(seconds), false), least)?.ranks).to.equal(expected)
    })
  }

  it('of a weak study is the most ranks that stay efficient', () => {
    expect(sweetSpot(analyse(timings({ 1: [10], 2: [11], 4: [13], 8: [20] }), true), 0.7)?.ranks).to.equal(4)
  })
})
