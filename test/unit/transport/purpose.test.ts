import { expect } from 'chai'
import { parsePurpose, purposeText } from '../../../src/transport/purpose.ts'

describe('parsePurpose()', () => {
  for (const purpose of [{ kind: 'control', from: 3 } as const, { kind: 'data', from: 12, to: 0 } as const]) {
    it(`reads what purposeText() writes: ${purposeText(purpose)}`, () =>
      expect(parsePurpose(purposeText(purpose))).to.deep.equal(purpose))
  }

  for (const text of [
    '',
    'control:',
    'control:-1',
    'control:1e9',
    'control:1:2',
    'data:1',
    'data:1:2:3',
    'data:1:x',
    ' control:1',
    'control:1\n',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(parsePurpose(text)).to.equal(undefined))
  }
})
