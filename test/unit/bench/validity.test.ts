import { expect } from 'chai'
import {
  decideRound,
  invalidReasons,
  isDisturbed,
  type LoadReading,
  othersShare,
} from '../../../scripts/bench/validity.ts'

const LIMITS = { othersShare: 0.1, slackSeconds: 0.03, patienceSeconds: 60 }

function reading(values: Partial<LoadReading>): LoadReading {
  return { wallSeconds: 1, cores: 2, busySeconds: 0, ownSeconds: 0, ...values }
}

describe('othersShare()', () => {
  it('is what the measured commands did not use, as a share of all cores', () => {
    expect(othersShare(reading({ busySeconds: 1.5, ownSeconds: 1 }))).to.equal(0.25)
  })

  it('is never below 0, though ticks may give the commands more than all', () => {
    expect(othersShare(reading({ busySeconds: 0.9, ownSeconds: 1 }))).to.equal(0)
  })

  it('is 0 in no time', () => {
    expect(othersShare(reading({ wallSeconds: 0, busySeconds: 1 }))).to.equal(0)
  })
})

describe('isDisturbed()', () => {
  for (const [what, values, expected] of [
    ['full use by the commands themselves', { busySeconds: 2, ownSeconds: 2 }, false],
    ['others below the limit', { busySeconds: 1.2, ownSeconds: 1 }, false],
    ['others above the limit', { busySeconds: 1.3, ownSeconds: 1 }, true],
    ['two ticks in a short command', { wallSeconds: 0.05, busySeconds: 0.07, ownSeconds: 0.05 }, false],
    ['a busy core in a short command', { wallSeconds: 0.05, busySeconds: 0.1, ownSeconds: 0.05 }, true],
  ] as const) {
    it(`is ${expected} for ${what}`, () => {
      expect(isDisturbed(reading(values), LIMITS)).to.equal(expected)
    })
  }
})

describe('decideRound()', () => {
  it('keeps a quiet round', () => {
    expect(decideRound(false, 99, 7)).to.equal('keep')
  })

  it('repeats a disturbed round until there were as many repeats as rounds', () => {
    expect(decideRound(true, 0, 7)).to.equal('repeat')
    expect(decideRound(true, 6, 7)).to.equal('repeat')
    expect(decideRound(true, 7, 7)).to.equal('keep-disturbed')
  })
})

describe('invalidReasons()', () => {
  it('has none for quiet contests', () => {
    expect(invalidReasons([{ title: 'pi', rounds: 7, disturbedRounds: 0 }], true)).to.deep.equal([])
  })

  it('names each contest that was disturbed', () => {
    const contests = [
      { title: 'pi', rounds: 7, disturbedRounds: 2 },
      { title: 'hello', rounds: 7, disturbedRounds: 0 },
    ]
    expect(invalidReasons(contests, true)).to.deep.equal(['pi: others used the processors in 2 of 7 rounds'])
  })

  it('takes no run for valid whose load cannot be measured', () => {
    expect(invalidReasons([], false)).to.have.length(1)
  })
})
