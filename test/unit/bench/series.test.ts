import { expect } from 'chai'
import { seriesPlot } from '../../../scripts/bench/plot.ts'
import { runSeries, type Series, type SeriesContestant } from '../../../scripts/bench/series.ts'
import { keyName, seriesLines } from '../../../scripts/bench/series-report.ts'

const gate = {
  measure: async <T>(work: () => Promise<T>) => ({ result: await work(), othersShare: 0, isDisturbed: false }),
}

/** A contestant that gives these figures one after the other; `undefined` makes it fail. */
function contestant(
  name: string,
  figures: readonly (Readonly<Record<string, number>> | undefined)[],
): SeriesContestant {
  let next = 0
  const run = async () => {
    const figure = figures[next++]
    if (figure === undefined) throw new Error(`${name} broke`)
    return new Map(Object.entries(figure))
  }
  return { name, isOurs: name === 'ours', run }
}

const figures = { '8': 1000, '1024': 1000 }
const series = (change: Partial<Series> = {}): Series => ({
  title: 't',
  unit: 'µs',
  better: 'lower',
  contestants: [
    contestant('ours', [
      { '8': 2, '1024': 30 },
      { '8': 6, '1024': 10 },
      { '8': 4, '1024': 20 },
    ]),
    contestant('peer', [{ '8': 4 }, { '8': 2 }, { '8': 4 }]),
  ],
  ...change,
})
const run = (change: Partial<Series> = {}) => runSeries(series(change), { rounds: 3, mostRepeats: 3 }, gate)

describe('runSeries()', () => {
  it('summarises each figure over the rounds', async () => {
    const { rows } = await run()
    expect(rows.map(({ key }) => key)).to.deep.equal(['8', '1024'])
    expect(rows[0]?.values['ours']).to.deep.equal({ median: 4, min: 2, max: 6, count: 3 })
    expect(rows[1]?.values['peer']).to.equal(undefined)
  })

  it('divides ours by theirs round by round', async () => {
    const { rows } = await run()
    const ratio = { median: 1, min: 0.5, max: 3, count: 3 }
    expect(rows[0]?.ratios).to.deep.equal([{ of: 'ours', than: 'peer', ratio }])
    expect(rows[1]?.ratios).to.deep.equal([{ of: 'ours', than: 'peer', ratio: undefined }])
  })

  for (const { better, must, isReached } of [
    { better: 'lower', must: 1, isReached: true },
    { better: 'lower', must: 0.9, isReached: false },
    { better: 'higher', must: 1, isReached: true },
    { better: 'higher', must: 1.1, isReached: false },
  ] as const) {
    it(`says whether a ratio of 1 reaches ${must} where ${better} is better`, async () => {
      const { targets } = await run({ better, targets: [{ key: '8', of: 'ours', than: 'peer', must }] })
      expect(targets).to.deep.equal([{ key: '8', of: 'ours', than: 'peer', must, figure: 1, isReached }])
    })
  }

  it('compares the value itself where a target names nobody else', async () => {
    const { targets } = await run({ targets: [{ key: '1024', of: 'ours', must: 19 }] })
    expect(targets[0]).to.include({ figure: 20, isReached: false })
  })

  it('misses a target without a figure', async () => {
    const { targets } = await run({ targets: [{ key: '64', of: 'ours', must: 19 }] })
    expect(targets[0]).to.include({ figure: undefined, isReached: false })
  })

  it('goes on without a contestant that fails', async () => {
    const contestants = [contestant('ours', [figures, figures, figures]), contestant('peer', [undefined])]
    const result = await run({ contestants })
    expect(result.contestants.map(({ failure }) => failure)).to.deep.equal([undefined, 'peer broke'])
    expect(seriesLines(result).join('\n')).to.include('peer failed: peer broke')
  })
})

describe('seriesLines()', () => {
  it('shows medians, ratios and targets', async () => {
    const targets = [{ key: '8', of: 'ours', than: 'peer', must: 0.9, aim: 0.5 }]
    const lines = seriesLines(await run({ targets }))
    expect(lines.at(-2)).to.match(/^8 B +4 µs +4 µs +1 \[0\.5–3\] +ours ≤ 0\.9, aim 0\.5: MISSED$/)
    expect(lines.at(-1)).to.match(/^1 KiB +20 µs +– +–$/)
  })
})

describe('keyName()', () => {
  for (const [key, name] of [
    ['8', '8 B'],
    ['1000', '1000 B'],
    ['65536', '64 KiB'],
    ['16777216', '16 MiB'],
    ['barrier', 'barrier'],
  ] as const) {
    it(`writes ${key} as ${name}`, () => {
      expect(keyName(key)).to.equal(name)
    })
  }
})

describe('seriesPlot()', () => {
  it('draws one line for each contestant, with places inside of the picture', async () => {
    const svg = seriesPlot(await run(), { peer: 'them & others' })
    expect(svg.match(/<path class="line c\d" d="M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)*"\/>/g)?.length).to.equal(4 - 2)
    expect(svg).to.include('them &amp; others')
    const places = [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)])
    expect(places.length).to.equal(3)
    for (const [x = -1, y = -1] of places) expect(x > 0 && x < 760 && y > 0 && y < 420).to.equal(true)
  })
})
