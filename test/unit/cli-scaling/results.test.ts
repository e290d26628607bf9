import { expect } from 'chai'
import { conclusions, type Results } from '../../../src/cli/scaling/conclusions.ts'
import { csvText, jsonText } from '../../../src/cli/scaling/results-files.ts'
import { resultsPlot } from '../../../src/cli/scaling/results-plot.ts'
import { resultsText, type TextStyle } from '../../../src/cli/scaling/results-text.ts'
import { analyse } from '../../../src/cli/scaling/speed-up.ts'

const PLAIN: TextStyle = { columns: 80, hasColours: false, isUnicode: false }

function results(seconds: Readonly<Record<number, readonly number[]>>, more: Partial<Results> = {}): Results {
  const list = Object.entries(seconds).map(([ranks, times]) => ({ ranks: Number(ranks), nodes: 1, seconds: times }))
  const rows = analyse(list, more.isWeak ?? false)
  return { command: 'pi.js 1e10', isWeak: false, repeat: 3, leastEfficiency: 0.7, rows, isComplete: true, ...more }
}

const TWO_CORES = results({ 1: [10, 10.1, 10.3], 2: [5.1, 5.2, 5.3], 4: [5.1, 5.3, 5.3] })

describe('resultsText()', () => {
  it('has a table, bars up to the ideal, and sentences', () => {
    expect(resultsText(TWO_CORES, PLAIN).split('\n')).to.deep.equal([
      'Strong scaling (the work stays the same): pi.js 1e10',
      'Seconds are those of the whole command, start included, median of 3 runs.',
      '',
      'ranks  seconds    min - max  speed-up  efficiency  serial (Karp-Flatt)',
      '    1     10.1  10.0 - 10.3      1.00       100 %                    -',
      '    2     5.20  5.10 - 5.30      1.94        97 %                 0.03 <',
      '    4     5.30  5.10 - 5.30      1.91        48 %                 0.37',
      '',
      'speed-up against 1 rank; dots up to the ideal',
      ` 1 rank ${'#'.repeat(16)}| 1.00`,
      `2 ranks ${'#'.repeat(30)}.| 1.94`,
      `4 ranks ${'#'.repeat(30)}${'.'.repeat(32)}| 1.91`,
      '',
      'Sweet spot: 2 ranks (the fastest count whose efficiency is at least 70 %). They',
      'are 1.94 times as fast as 1 rank, at 97 % efficiency. 4 ranks are no faster, at',
      '48 %.',
      '',
      'The serial fraction grows with the ranks (0.03 to 0.37): the limit is what ranks',
      'cost (start, messages, shared cores), not a serial part of the program.',
      '',
    ])
  })

  for (const columns of [20, 40, 60, 80, 200]) {
    it(`stays within a terminal of ${columns} columns`, () => {
      const longest = Math.max(
        ...resultsText(TWO_CORES, { ...PLAIN, columns })
          .split('\n')
          .map((line) => line.length),
      )
      expect(longest).to.be.at.most(Math.min(100, Math.max(45, columns)))
    })
  }

  it('does not part a number from its percent sign', () => {
    for (let columns = 45; columns < 100; columns++)
      expect(resultsText(TWO_CORES, { ...PLAIN, columns })).not.to.match(/^%/m)
  })

  it('colours the efficiency where colours are wanted', () => {
    const text = resultsText(TWO_CORES, { ...PLAIN, hasColours: true })
    expect(text).to.include('\u001b[32m      97 %\u001b[0m').and.include('\u001b[31m      48 %\u001b[0m')
    expect(resultsText(TWO_CORES, PLAIN)).not.to.include('\u001b')
  })

  it('says that a study was cut short, and shows what there is', () => {
    const cut = resultsText(results({ 1: [10] }, { isComplete: false }), PLAIN)
    expect(cut)
      .to.include('has not come to its end')
      .and.to.match(/^ +1 +10\.0 +1\.00 +100 %$/m)
    expect(resultsText(results({}, { isComplete: false }), PLAIN)).to.include('No run has come to its end')
  })
})

describe('conclusions()', () => {
  for (const [name, given, text] of [
    ['more ranks than measured may pay', results({ 1: [10], 2: [5] }), 'the largest count measured: more may pay, too'],
    ['ranks do not pay', results({ 1: [10], 2: [9] }), 'Sweet spot: 1 rank'],
    ['ranks make it slower', results({ 1: [10], 2: [12] }), 'More ranks make it slower'],
    ['Amdahl’s limit', results({ 1: [10], 2: [6], 4: [4] }), 'of 0.2 no number of ranks is more than 5.0 times'],
    ['an ideal program', results({ 1: [10], 2: [5], 4: [2.5] }), 'The serial fraction is next to nothing'],
    ['times that vary', results({ 1: [10, 10, 14], 2: [5, 5, 5] }), 'The runs with 1 rank differ by 40 %'],
    ['runs that are too short', results({ 1: [0.4], 2: [0.3] }), 'give the program more to do'],
    ['weak', results({ 1: [10], 2: [10.5] }, { isWeak: true }), 'do 1.90 times as much in the same time as 1 rank'],
  ] as const) {
    it(`says: ${name}`, () => {
      expect(conclusions(given).join('\n')).to.include(text)
    })
  }

  it('draws none from one count', () => {
    expect(conclusions(results({ 2: [10, 10] }))).to.deep.equal([])
  })
})

describe('csvText()', () => {
  it('has a line for each count', () => {
    expect(csvText(results({ 1: [10], 2: [5, 5] }))).to.equal(
      'ranks,nodes,runs,seconds,min,max,speedup,efficiency,serial_fraction\n' +
        '1,1,1,10.000000,10.000000,10.000000,1.000000,1.000000,\n' +
        '2,1,2,5.000000,5.000000,5.000000,2.000000,1.000000,0.000000\n',
    )
  })
})

describe('jsonText()', () => {
  it('has every run and the sweet spot', () => {
    const object: unknown = JSON.parse(jsonText(TWO_CORES, '1.2.3'))
    expect(object).to.deep.include({
      program: 'pi.js 1e10',
      mode: 'strong',
      repeat: 3,
      complete: true,
      version: '1.2.3',
    })
    expect(object).to.have.nested.property('sweetSpot.ranks', 2)
    expect(object).to.have.nested.property('runs[1].seconds').that.deep.equals([5.1, 5.2, 5.3])
    expect(object).to.have.nested.property('runs[0].serialFraction', null)
  })
})

describe('resultsPlot()', () => {
  const wide = results({ 1: [100], 2: [51], 16: [8], 64: [4, 5, 6] })
  for (const [name, given] of [
    ['linear', TWO_CORES],
    ['logarithmic', wide],
    ['slower', results({ 1: [1], 32: [9, 10] })],
    ['one count', results({ 3: [1] })],
    ['nothing', results({})],
  ] as const) {
    it(`draws everything within the picture: ${name}`, () => {
      const svg = resultsPlot(given)
      expect(svg).not.to.match(/NaN|Infinity|undefined/)
      const places = [...svg.matchAll(/cx="([-\d.]+)" cy="([-\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)])
      for (const [x = -1, y = -1] of places) expect(x >= 0 && x <= 770 && y >= 0 && y <= 446, svg).to.equal(true)
      expect(svg.match(/class="dot/g)?.length ?? 0).to.equal(given.rows.length)
    })
  }

  it('puts the measured points on the line of their ranks, below the ideal, and the ring on the sweet spot', () => {
    const svg = resultsPlot(TWO_CORES)
    const dots = [...svg.matchAll(/class="dot d0" cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => `${x} ${y}`)
    expect(dots).to.have.length(3)
    expect(svg).to.include(`class="ring" cx="${dots[1]?.split(' ')[0]}" cy="${dots[1]?.split(' ')[1]}"`)
    expect(svg).to.include('sweet spot: 2 ranks, 97 % efficiency')
    const ideal = /class="line reference" d="M([^"]+)"/
      .exec(svg)?.[1]
      ?.split('L')
      .map((point) => point.split(' '))
    for (const [index, dot] of dots.entries()) {
      expect(ideal?.[index]?.[0]).to.equal(dot.split(' ')[0])
      expect(Number(dot.split(' ')[1])).to.be.at.least(Number(ideal?.[index]?.[1]))
    }
  })

  it('writes names of programs as text', () => {
    expect(resultsPlot(results({ 1: [1] }, { command: 'a<b&c' }))).to.include('a&lt;b&amp;c')
  })
})
