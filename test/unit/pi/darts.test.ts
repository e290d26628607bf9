import { expect } from 'chai'
import { chooseKernel } from '../../../src/pi/choose-kernel.ts'
import { DARTS_PER_ROUND, DartStream } from '../../../src/pi/dart-stream.ts'

// Statistical tests of the random streams as the kernels use them. Seeds are fixed, so a test passes always or never.
// Each compares a score that is N(0, 1) for true random numbers with a threshold; p is the chance that true random
// numbers exceed it on either side: 6·10^-5 for 4, 7·10^-6 for 4.5.

const BLOCK = 2 ** 20
const P = Math.PI / 4
const SEEDS = [0, 1, 42, 123_456_789, 2 ** 53 - 1]

/** Calls `visit` with x and y of each dart of a block. */
function forEachDart(seed: number, block: number, visit: (x: number, y: number, index: number) => void): void {
  const stream = new DartStream(seed, block)
  for (let first = 0; first < BLOCK; first += DARTS_PER_ROUND) {
    stream.nextRound()
    for (let i = 0; i < DARTS_PER_ROUND; i++) visit(stream.x[i] ?? 0, stream.y[i] ?? 0, first + i)
  }
}

/** Hit or miss of each dart of a block, as +1 - P and -P: mean 0, variance P (1 - P). */
function centredHits(seed: number, block: number): Float64Array {
  const hits = new Float64Array(BLOCK)
  forEachDart(seed, block, (x, y, index) => {
    hits[index] = (x * x + y * y < 2 ** 30 ? 1 : 0) - P
  })
  return hits
}

/** Correlation of a and b, b shifted by `lag`, as a standard score. */
function correlationScore(a: Float64Array, b: Float64Array, variance: number, lag = 0): number {
  const n = a.length - lag
  let sum = 0
  for (let i = 0; i < n; i++) sum += (a[i] ?? 0) * (b[i + lag] ?? 0)
  return sum / (variance * Math.sqrt(n))
}

/** Chi-square of counts that should be equal, as a standard score. */
function chiSquareScore(counts: Uint32Array): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2, 0) / expected
  const freedom = counts.length - 1
  return (chiSquare - freedom) / Math.sqrt(2 * freedom)
}

describe('darts', () => {
  for (const seed of SEEDS) {
    it(`of seed ${seed} fall on all parts of the square alike: 64 × 64 cells (p = 6e-5)`, () => {
      const coarse = new Uint32Array(4096)
      const fine = new Uint32Array(4096)
      forEachDart(seed, 0, (x, y) => {
        const high = (((x + 32_768) >> 10) << 6) | ((y + 32_768) >> 10)
        const low = ((x & 63) << 6) | (y & 63)
        coarse[high] = (coarse[high] ?? 0) + 1
        fine[low] = (fine[low] ?? 0) + 1
      })
      expect(Math.abs(chiSquareScore(coarse)), 'highest bits').to.be.below(4)
      expect(Math.abs(chiSquareScore(fine)), 'lowest bits').to.be.below(4)
    })
  }

  it('have places within their cells that are spread alike, whatever the cell (p = 6e-5)', () => {
    const counts = new Uint32Array(4096)
    const withCell = new Uint32Array(4096)
    const stream = new DartStream(42, 0)
    for (let first = 0; first < 2 ** 17; first += DARTS_PER_ROUND) {
      stream.nextRound()
      for (let i = 0; i < DARTS_PER_ROUND; i++) {
        const { p, q } = stream.refine(first + i)
        const place = ((p >>> 26) << 6) | (q >>> 26)
        const placeAndCell = ((p >>> 26) << 6) | ((stream.x[i] ?? 0) & 63)
        counts[place] = (counts[place] ?? 0) + 1
        withCell[placeAndCell] = (withCell[placeAndCell] ?? 0) + 1
      }
    }
    expect(Math.abs(chiSquareScore(counts))).to.be.below(4)
    expect(Math.abs(chiSquareScore(withCell))).to.be.below(4)
  })

  it('are not correlated with the darts 1 to 64 before (66 scores, p = 5e-4 in all)', () => {
    const hits = centredHits(42, 0)
    const xs = new Float64Array(BLOCK)
    forEachDart(42, 0, (x, _y, index) => {
      xs[index] = x + 0.5
    })
    for (let lag = 1; lag <= 64; lag++) {
      expect(Math.abs(correlationScore(hits, hits, P * (1 - P), lag)), `hits, lag ${lag}`).to.be.below(4.5)
    }
    // A round is 32 darts: the same place in the next round, and x against its neighbour's.
    for (const lag of [1, 32])
      expect(Math.abs(correlationScore(xs, xs, 2 ** 32 / 12, lag)), `x, lag ${lag}`).to.be.below(4.5)
  })

  it('of neighbouring blocks are not correlated (p = 6e-5 each)', () => {
    let before = centredHits(7, 0)
    for (let block = 1; block <= 8; block++) {
      const hits = centredHits(7, block)
      expect(Math.abs(correlationScore(before, hits, P * (1 - P))), `blocks ${block - 1}, ${block}`).to.be.below(4)
      before = hits
    }
  })

  it('of neighbouring seeds are not correlated, nor is block 1 of one with block 0 of the next (p = 6e-5 each)', () => {
    for (const seed of [0, 1, 41, 42, 2 ** 32 - 1, 2 ** 53 - 2]) {
      const next = centredHits(seed + 1, 0)
      for (const block of [0, 1]) {
        const score = correlationScore(centredHits(seed, block), next, P * (1 - P))
        expect(Math.abs(score), `seeds ${seed}, ${seed + 1}, block ${block}`).to.be.below(4)
      }
    }
  })
})

describe('hits of many blocks', () => {
  const blocks = 800
  const seeds = 3
  const kernel = chooseKernel(undefined)
  const trials = kernel === chooseKernel('scalar') ? BLOCK / 64 : BLOCK
  const scores: Float64Array[] = []

  before(() => {
    for (let seed = 0; seed < seeds; seed++) {
      const deviation = Math.sqrt(trials * P * (1 - P))
      scores.push(
        Float64Array.from({ length: blocks }, (_, block) => (kernel(seed, block, trials) - trials * P) / deviation),
      )
    }
  })

  it('have the expected mean (p = 6e-5)', () => {
    const sum = scores.reduce((total, row) => total + row.reduce((a, b) => a + b, 0), 0)
    expect(Math.abs(sum / Math.sqrt(seeds * blocks))).to.be.below(4)
  })

  it('scatter as much as independent trials do: standard scores of unit variance (p = 6e-5)', () => {
    const n = seeds * blocks
    const squares = scores.reduce((total, row) => total + row.reduce((a, b) => a + b * b, 0), 0)
    expect(Math.abs((squares / n - 1) / Math.sqrt(2 / n))).to.be.below(4)
  })

  it('do not depend on the block before or on the seed before (p = 6e-5 each)', () => {
    for (const [seed, row] of scores.entries()) {
      expect(Math.abs(correlationScore(row, row, 1, 1)), `seed ${seed}`).to.be.below(4)
      const next = scores[(seed + 1) % seeds] ?? row
      expect(Math.abs(correlationScore(row, next, 1)), `seeds ${seed} and ${(seed + 1) % seeds}`).to.be.below(4)
    }
  })
})
