import { expect } from 'chai'
import { chooseKernel } from '../../../src/pi/choose-kernel.ts'
import { DartStream } from '../../../src/pi/dart-stream.ts'
import { countBlockHits, isHit } from '../../../src/pi/scalar-kernel.ts'
import { createSimdKernel, piWasm } from '../../../src/pi/simd-kernel.ts'
import { skipHere } from '../../support/skip-here.ts'

const BLOCK = 2 ** 20
const seeds = [0, 1, 42, 2 ** 32, 2 ** 53 - 1]
const blocks = [0, 1, 2 ** 33, 2 ** 53 - 1]

describe('pi kernels', () => {
  before(function () {
    if (!WebAssembly.validate(piWasm())) skipHere(this, 'there is no SIMD here')
  })

  it('SIMD and scalar count the same hits in whole blocks of any seed', () => {
    const simd = createSimdKernel()
    for (const seed of seeds) {
      for (const block of blocks) {
        expect(simd(seed, block, BLOCK), `seed ${seed}, block ${block}`).to.equal(countBlockHits(seed, block, BLOCK))
      }
    }
  })

  for (const trials of [0, 1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 65_537, BLOCK - 1]) {
    it(`SIMD and scalar count the same hits among the first ${trials} trials of a block`, () => {
      const simd = createSimdKernel()
      for (const seed of seeds) {
        expect(simd(seed, 3, trials), `seed ${seed}`).to.equal(countBlockHits(seed, 3, trials))
      }
    })
  }

  it('SIMD gives the same hits again after another block was counted', () => {
    const simd = createSimdKernel()
    const hits = simd(42, 0, BLOCK)
    simd(7, 9, 1000)
    expect(simd(42, 0, BLOCK)).to.equal(hits)
  })
})

describe('isHit()', () => {
  const extremes = [2 ** 31 - 1, -(2 ** 31) + 1]

  it('agrees with the kernels wherever they do not ask it', () => {
    // For each column the outermost sure hit and the innermost sure miss, moved to the corners of their cells.
    for (let x = 0; x <= 32_768; x++) {
      const yHit = Math.min(32_767, Math.ceil(Math.sqrt(Math.max(0, 2 ** 30 - 2 ** 16 - x * x))) - 1)
      const yMiss = Math.ceil(Math.sqrt(Math.max(0, 2 ** 30 + 2 ** 16 - x * x)))
      for (const p of extremes) {
        for (const q of extremes) {
          if (yHit >= 0 && !isHit(-x, yHit, { p, q })) expect.fail(`sure hit ${-x}, ${yHit}, ${p}, ${q} is a miss`)
          if (yMiss <= 32_768 && isHit(-x, -yMiss, { p, q }))
            expect.fail(`sure miss ${-x}, ${-yMiss}, ${p}, ${q} is a hit`)
        }
      }
    }
  })

  it('counts the darts of every cell that the circle crosses in proportion to its area', () => {
    // Along the diagonal cell the circle cuts the cell nearly as a straight line x + y = constant.
    const cell = 23_170
    const steps = 200
    let hits = 0
    let inside = 0
    for (let i = 0; i < steps; i++) {
      for (let j = 0; j < steps; j++) {
        const f = (i + 0.5) / steps - 0.5
        const g = (j + 0.5) / steps - 0.5
        const refinement = { p: Math.round(f * 2 ** 32) | 1, q: Math.round(g * 2 ** 32) | 1 }
        if (isHit(cell, cell, refinement)) hits++
        if ((cell + f) ** 2 + (cell + g) ** 2 < 2 ** 30) inside++
      }
    }
    expect(inside).to.be.within(1, steps * steps - 1)
    expect(hits).to.equal(inside)
  })

  it('folds the cell of -32768 inwards', () => {
    expect(isHit(-32_768, 0, { p: 1, q: 1 })).to.equal(true)
    expect(isHit(-32_768, 0, { p: -1, q: 1 })).to.equal(true)
    expect(isHit(0, -32_768, { p: 1, q: -1 })).to.equal(true)
    expect(isHit(-32_768, 300, { p: 1, q: 1 })).to.equal(false)
    expect(isHit(-32_768, -32_768, { p: 1, q: 1 })).to.equal(false)
  })
})

describe('DartStream', () => {
  it('gives the same darts for the same seed and block, others for neighbours', () => {
    const darts = (seed: number, block: number): string => {
      const stream = new DartStream(seed, block)
      stream.nextRound()
      return `${stream.x.join()} ${stream.y.join()} ${JSON.stringify(stream.refine(0))}`
    }
    expect(darts(1, 2)).to.equal(darts(1, 2))
    expect(new Set([darts(1, 2), darts(1, 3), darts(2, 2), darts(2, 1), darts(3, 1)]).size).to.equal(5)
  })
})

describe('chooseKernel()', () => {
  it('takes the scalar kernel on request', () => {
    expect(chooseKernel('scalar')).to.equal(countBlockHits)
  })

  it('takes WebAssembly by default', () => {
    if (WebAssembly.validate(piWasm())) expect(chooseKernel(undefined)).not.to.equal(countBlockHits)
  })

  it('names the variable and both values when it is set to anything else', () => {
    expect(() => chooseKernel('fast')).to.throw(RangeError, /MPIRUN_TS_PI_KERNEL is "fast"\. Set it to simd or scalar/)
  })
})
