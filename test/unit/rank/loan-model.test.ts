import { expect } from 'chai'
import { LoanTable } from '../../../src/rank/loans/loan-table.ts'
import { describeModel } from '../../support/describe-model.ts'
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

function exploreScene(endings: readonly Ending[] | null, mistake?: Mistake): Exploration {
  const model = new LoanModel(mistake)
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

describeModel<readonly Ending[] | null, Mistake>({
  title: 'all interleavings of a lender and those who borrow',
  holds: 'read what was sent, and nobody waits for ever',
  scenes: SCENES,
  leastStates: 100,
  mistakes: [
    ['counts before it says that it has read', 'a sender that waits'],
    ['counts before it says that it has read', 'two receivers'],
    ['wakes before it counts', 'a sender that waits'],
    ['does not look again', 'a sender that waits'],
    ['takes back without an exchange', 'a sender that gives copies'],
    ['names the copy after the exchange', 'a sender that gives copies'],
    ['uses a copy again that is not read', 'a sender that gives copies'],
    ['changes what is lent', 'a sender that waits'],
  ],
  explore: exploreScene,
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
