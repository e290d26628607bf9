import { expect } from 'chai'
import { fuzz, targets } from '../../support/fuzz.ts'
import { testSeed } from '../../support/random.ts'

/** `npm run fuzz` has more. */
const INPUTS = 100_000
const MOST_GROWN_BYTES = 32 * 1024 * 1024

describe('everything that reads what others have written', function () {
  this.timeout(300_000)

  it('takes its own samples', () => {
    expect(targets.map(({ name }) => name)).to.have.length(11)
    for (const { samples } of targets) expect(samples.length).to.be.above(0)
  })

  it(`neither crashes nor grows with ${INPUTS} mutated and random inputs`, () => {
    const { grownBytes } = fuzz(testSeed(), INPUTS)
    expect(grownBytes).to.be.below(MOST_GROWN_BYTES)
  })
})
