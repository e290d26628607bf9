import { expect } from 'chai'
import { formatNumber, formatRatio, formatSummary, formatTable } from '../../../scripts/bench/table.ts'

describe('formatTable()', () => {
  it('aligns the first column left and the others right, without blanks at the end', () => {
    const rows = [
      ['', 'median', 'ratio'],
      ['ours', '1 ms', ''],
      ['theirs', '1,000 ms', '2×'],
    ]
    expect(formatTable(rows)).to.deep.equal(['          median  ratio', 'ours        1 ms', 'theirs  1,000 ms     2×'])
  })
})

describe('formatNumber()', () => {
  for (const [value, text] of [
    [0, '0'],
    [0.012345, '0.0123'],
    [1.2345, '1.23'],
    [12.345, '12.3'],
    [123.45, '123'],
    [12345.6, '12,346'],
    [2, '2'],
  ] as const) {
    it(`writes ${value} as ${text}`, () => {
      expect(formatNumber(value)).to.equal(text)
    })
  }
})

describe('formatSummary()', () => {
  for (const [summary, unit, text] of [
    [{ median: 250, min: 240, max: 1300, count: 3 }, 'ms', '250 [240–1,300] ms'],
    [{ median: 12_500, min: 9_000, max: 13_000, count: 3 }, 'ms', '12.5 [9–13] s'],
    [{ median: 3.4e9, min: 9e8, max: 3.5e9, count: 3 }, 'trials/s', '3,400 [900–3,500] M trials/s'],
    [{ median: 2048, min: 1024, max: 4096, count: 3 }, 'KiB', '2 [1–4] MiB'],
  ] as const) {
    it(`writes ${text}`, () => {
      expect(formatSummary(summary, unit)).to.equal(text)
    })
  }

  it('writes a dash for nothing', () => {
    expect(formatSummary(undefined, 'ms')).to.equal('–')
  })
})

describe('formatRatio()', () => {
  it('says what the factor means for the unit', () => {
    const ratio = { median: 1.234, min: 1.1, max: 1.4, count: 3 }
    expect(formatRatio(ratio, 'ms')).to.equal('1.23× [1.1–1.4] as fast')
    expect(formatRatio(ratio, 'KiB')).to.equal('1.23× [1.1–1.4] as small')
    expect(formatRatio(undefined, 'ms')).to.equal('–')
  })
})
