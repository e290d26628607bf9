import { expect } from 'chai'
import { splitWords } from '../../../src/cli/arguments/words.ts'

describe('splitWords()', () => {
  const cases: readonly (readonly [text: string, words: readonly string[]])[] = [
    ['', []],
    ['  a \t b\n', ['a', 'b']],
    [`'a b' "c d"`, ['a b', 'c d']],
    [`a'b'"c"`, ['abc']],
    [`"" ''`, ['', '']],
    [`"\\"\\\\ \\n" '\\'`, ['"\\ \\n', '\\']],
    ['a\\ b \\"', ['a b', '"']],
    ['end\\', ['end\\']],
    ['$HOME * `x`', ['$HOME', '*', '`x`']],
  ]
  for (const [text, words] of cases) {
    it(`cuts ${JSON.stringify(text)}`, () => {
      expect(splitWords(text, 'it')).to.deep.equal(words)
    })
  }
})
