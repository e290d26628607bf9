import { expect } from 'chai'
import { Council, type Verdict } from '../../../src/coordinator/council.ts'
import { type Motion, ranksOf, runsOf } from '../../../src/wire/council-messages.ts'

function vote(
  flag: boolean,
  changes: { comm?: number; members?: number[]; number?: number; call?: 'agree' | 'shrink'; counter?: number } = {},
): Motion {
  const { comm = 8, members = [0, 1, 2, 3], number = 1, call = 'agree', counter = 0 } = changes
  return { type: 'vote', comm, number, call, flag, counter, members: runsOf(members) }
}

const told = (verdicts: readonly Verdict[]): unknown[] =>
  verdicts.map(({ ruling, ranks }) =>
    ruling.type === 'agreed' ? [ruling.flag, ranksOf(ruling.survivors), ranks] : [ruling.type, ranks],
  )

describe('Council', () => {
  it('settles an agreement when all members have voted, with the logical and', () => {
    const council = new Council()
    for (const rank of [3, 0, 1]) expect(council.receive(rank, vote(true))).to.deep.equal([])
    const all = [0, 1, 2, 3]
    expect(told(council.receive(2, vote(false)))).to.deep.equal([[false, all, all]])
    for (const rank of [3, 0, 1]) council.receive(rank, vote(true, { number: 2 }))
    expect(told(council.receive(2, vote(true, { number: 2 })))).to.deep.equal([[true, all, all]])
  })

  it('does not wait for ranks that are over, whether they end before, between or at the end', () => {
    const council = new Council()
    expect(council.over([1])).to.deep.equal([])
    council.receive(0, vote(true))
    expect(told(council.over([3]))).to.deep.equal([])
    expect(told(council.receive(2, vote(true)))).to.deep.equal([[true, [0, 2], [0, 2]]])
    council.receive(0, vote(true, { number: 2 }))
    expect(told(council.over([2]))).to.deep.equal([[true, [0], [0]]])
  })

  it('does not count the vote of a rank that is over before the end, and takes none after', () => {
    const council = new Council()
    council.receive(1, vote(false))
    council.receive(0, vote(true))
    council.over([1])
    expect(council.receive(1, vote(false))).to.deep.equal([])
    council.receive(2, vote(true))
    expect(told(council.receive(3, vote(true)))).to.deep.equal([[true, [0, 2, 3], [0, 2, 3]]])
  })

  it('forgets an agreement of which nobody is left', () => {
    const council = new Council()
    council.receive(0, vote(true))
    expect(council.over([0, 1, 2, 3])).to.deep.equal([])
  })

  it('gives the counter of the lowest rank, and keeps communicators apart', () => {
    const council = new Council()
    const pair = (counter: number): Motion => vote(true, { comm: 9, members: [5, 9], call: 'shrink', counter })
    council.receive(9, pair(90))
    council.receive(0, vote(true))
    const [verdict] = council.receive(5, pair(50))
    expect(verdict?.ruling).to.include({ counter: 50, comm: 9 })
  })

  it('names both calls where ranks do not agree on what they agree on', () => {
    const council = new Council()
    council.receive(0, vote(true, { members: [0, 1] }))
    const [verdict] = council.receive(1, vote(true, { members: [0, 1], call: 'shrink' }))
    expect(verdict?.ruling).to.include({ mismatch: 'agree of world rank 0 met shrink of world rank 1' })
  })

  it('tells a revocation to all other members that are not over', () => {
    const council = new Council()
    council.over([2])
    expect(told(council.receive(0, { type: 'revoke', comm: 8, members: runsOf([0, 1, 2, 3]) }))).to.deep.equal([
      ['revoked', [1, 3]],
    ])
    expect(council.receive(0, { type: 'revoke', comm: 8, members: runsOf([0, 2]) })).to.deep.equal([])
  })
})

describe('runsOf() and ranksOf()', () => {
  it('give the same ranks in ascending order', () => {
    expect(runsOf([7, 0, 1, 2, 5, 8])).to.deep.equal([
      [0, 3],
      [5, 1],
      [7, 2],
    ])
    for (const ranks of [[], [3], [0, 1, 2], [1, 3, 5, 6]]) expect(ranksOf(runsOf(ranks))).to.deep.equal(ranks)
  })
})
