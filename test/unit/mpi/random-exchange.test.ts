import { randomExchange } from '../../support/random-exchange.ts'
import { testSeed } from '../../support/random.ts'
import { TestNetwork } from './support/test-network.ts'

const RUNS = 40

describe('random messages', () => {
  const first = testSeed()
  for (const size of [1, 2, 3, 5]) {
    it(`of ${size} ranks match as MPI permits, over links that cut, delay and refuse: ${RUNS} seeds from ${first}`, async () => {
      for (let seed = first; seed < first + RUNS; seed += 1) {
        const network = new TestNetwork(size, seed)
        const options = { seed, messages: 25, longest: 300, isBlocking: false }
        await network.run(({ MPI }) => randomExchange(MPI, options))
      }
    })
  }
})
