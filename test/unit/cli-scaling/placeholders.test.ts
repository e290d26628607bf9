import { expect } from 'chai'
import { growsWithRanks, withRanks } from '../../../src/cli/scaling/placeholders.ts'

describe('withRanks()', () => {
  for (const [word, np, expanded] of [
    ['{np}', 4, '4'],
    ['{1e9*np}', 3, '3000000000'],
    ['{1e21*np}', 2, '2000000000000000000000'],
    ['out-{np}.{ np }.txt', 2, 'out-2.2.txt'],
    ['--size={1000*sqrt(np)}', 4, '--size=2000'],
    ['{2+3*np^2-(1-np)/2}', 3, '30'],
    ['{-np}', 2, '-2'],
    ['{2^3^(np-1)}', 3, '512'],
    ['{np/4}', 1, '0.25'],
    ['{round(1e3*cbrt(np))}', 2, '1260'],
    ['{"np":2}', 3, '{"np":2}'],
    ['{a,b}', 3, '{a,b}'],
    ['{n}', 3, '{n}'],
    ['{}', 3, '{}'],
  ] as const) {
    it(`makes ${word} ${expanded} for ${np} ranks`, () => {
      expect(withRanks(word, np)).to.equal(expanded)
    })
  }

  for (const [word, reason] of [
    ['{1e9*np', undefined],
    ['{1e9 np}', '"np" is not expected there'],
    ['{np*}', 'it ends too soon'],
    ['{(np}', 'a ")" is missing'],
    ['{exp(np)}', '"exp" is not known there'],
    ['{constructor(np)}', '"constructor" is not known there'],
    ['{sqrt np}', 'write sqrt(…)'],
    ['{1/(np-np)}', 'it has no value'],
  ] as const) {
    it(reason === undefined ? `leaves ${word}` : `refuses ${word}: ${reason}`, () => {
      if (reason === undefined) expect(withRanks(word, 2)).to.equal(word)
      else expect(() => withRanks(word, 2)).to.throw(reason)
    })
  }
})

describe('growsWithRanks()', () => {
  it('tells arithmetic from the bare number of ranks', () => {
    expect(['{np}', '{ np }', 'x', '{1e9*np}', 'a{np}b{2*np}'].map(growsWithRanks)).to.deep.equal([
      false,
      false,
      false,
      true,
      true,
    ])
  })
})
