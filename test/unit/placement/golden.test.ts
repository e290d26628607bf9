import { expect } from 'chai'
import { readGolden, runGolden, updateGolden } from './golden-case.ts'

const FILES = [
  'map-by.txt',
  'oversubscribe.txt',
  'grammars.txt',
  'narrowing.txt',
  'programs.txt',
  'own-nodes.txt',
  'other-words.txt',
]

describe('golden placements', () => {
  for (const file of FILES) {
    if (process.env['UPDATE_GOLDEN'] === '1') updateGolden(file)
    for (const golden of readGolden(file)) {
      it(`${file}: ${golden.command}`, () => {
        expect(runGolden(golden)).to.equal(golden.expected)
      })
    }
  }
})
