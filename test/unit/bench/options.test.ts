import { expect } from 'chai'
import { parseOptions } from '../../../scripts/bench/options.ts'

describe('parseOptions()', () => {
  it('has defaults for all but the suite', () => {
    expect(parseOptions(['pi'])).to.deep.equal({
      suite: 'pi',
      rounds: 7,
      trials: '1e10',
      jsonPath: undefined,
      force: false,
      patienceSeconds: 60,
      only: ['rate', 'scaling', 'lesson', 'hits'],
      sizes: undefined,
      plotPath: undefined,
    })
  })

  it('reads values after a blank and after "="', () => {
    const words = ['start', '--rounds=3', '--json', 'out.json', '--force', '--patience', '0', '--only=memory']
    expect(parseOptions(words)).to.include({ rounds: 3, jsonPath: 'out.json', force: true, patienceSeconds: 0 })
    expect(parseOptions(words)).to.have.deep.property('only', ['memory'])
  })

  it('takes --full for 1e11 trials', () => {
    expect(parseOptions(['pi', '--full'])).to.include({ trials: '1e11' })
  })

  it('knows --help wherever it stands', () => {
    expect(parseOptions(['pi', '--help'])).to.equal('help')
  })

  for (const [words, message] of [
    [[], 'say what to measure (pi, start, launch, pool, p2p, collectives, windows, checks), not ""'],
    [['start', '--only', 'rate'], 'start has no part "rate"; its parts are time, memory'],
    [['pi', '--rounds', '0'], '--rounds must be a whole number, at least 1, not "0"'],
    [['pi', '--rounds'], '--rounds needs a value'],
    [['pi', '--trials', 'many'], '--trials must be a whole number such as 1e10, not "many"'],
    [['pi', '--quick'], 'unknown option "--quick"'],
  ] as const) {
    it(`refuses "${words.join(' ')}"`, () => {
      expect(() => parseOptions(words)).to.throw(message)
    })
  }
})
