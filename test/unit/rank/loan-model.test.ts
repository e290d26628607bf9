import { expect } from 'chai'
import { LoanTable } from '../../../src/rank/loan-table.ts'
import { type Exploration, explore } from '../shm/interleavings.ts'
import { traceAtomics } from '../shm/trace-atomics.ts'
import { type Ending, LoanModel, loanWords, type Mistake } from './loan-model.ts'

/** One receiver of messages out of the same memory; null: two messages at one time, to two receivers. */
const SCENES: Readonly<Record<string, readonly Ending[] | null>> = {
  'a sender that waits': ['waits', 'waits', 'waits'],
  'a sender that gives copies': ['takes back', 'takes back'],
  'a sender that gives a copy, then waits': ['takes back', 'waits', 'waits'],
  'a sender that waits, then gives copies': ['waits', 'takes back', 'waits'],
  'two receivers': null,
}

const MISTAKES: readonly { mistake: Mistake; scene: string }[] = [
  { mistake: 'counts before it says that it has read', scene: 'a sender that waits' },
  { mistake: 'counts before it says that it has read', scene: 'two receivers' },
  { mistake: 'wakes before it counts', scene: 'a sender that waits' },
  { mistake: 'does not look again', scene: 'a sender that waits' },
  { mistake: 'takes back without an exchange', scene: 'a sender that gives copies' },
  { mistake: 'names the copy after the exchange', scene: 'a sender that gives copies' },
  { mistake: 'uses a copy again that is not read', scene: 'a sender that gives copies' },
  { mistake: 'changes what is lent', scene: 'a sender that waits' },
]

function exploreScene(scene: string, mistake?: Mistake): Exploration {
  const model = new LoanModel(mistake)
  const endings = SCENES[scene]
  if (endings === undefined) throw new Error(`no scene "${scene}"`)
  if (endings === null)
    return explore([model.lenderOfTwo(), model.receiver(1, [1]), model.receiver(2, [2])], loanWords())
  const messages = endings.map((_, index) => index + 1)
  return explore(
    [
      model.lender(
        endings,
        endings.map(() => 1),
      ),
      model.receiver(1, messages),
    ],
    loanWords(),
  )
}

describe('all interleavings of a lender and those who borrow', () => {
  for (const scene of Object.keys(SCENES)) {
    it(`read what was sent, and nobody waits for ever: ${scene}`, () => {
      const { lost, wrong, states } = exploreScene(scene)
      expect((lost ?? wrong)?.join('\n')).to.equal(undefined)
      expect(states).to.be.greaterThan(100)
    })
  }

  for (const { mistake, scene } of MISTAKES) {
    it(`go wrong where one ${mistake}: ${scene}`, () => {
      const { lost, wrong } = exploreScene(scene, mistake)
      expect(lost ?? wrong).to.not.equal(undefined)
    })
  }
})

/** The model says something of the code only as long as the code takes the model's steps. */
describe('the model of loans takes the steps of the code', () => {
  const names = new Map([
    [0, 'returned'],
    [16, 'state'],
  ])

  it('post(), move(), claim() and release()', () => {
    const table = LoanTable.create()
    const trace = traceAtomics(names, () => {
      table.post(0)
      table.move(0, 5)
      expect(table.claim(0)).to.equal(5)
      table.release(0)
    })
    expect(trace).to.deep.equal([
      'store state 1',
      // What is not atomic is not in a trace: `write copy` and `read copy` stand before this one and behind the next.
      'compareExchange state',
      'compareExchange state',
      'store state 3',
      'add returned',
    ])
  })
})
