import { expect } from 'chai'
import { inQuotes, visibleLine, visibleText } from '../../../src/base/visible-text.ts'

/** A text, and what is seen of it on a line of its own. */
const SEEN: readonly [name: string, text: string, seen: string][] = [
  ['letters and signs of all kinds', 'Grüße, 你好 👩‍🚀 \\x1b %', 'Grüße, 你好 👩‍🚀 \\x1b %'],
  ['colours', '\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
  ['a title for the terminal', '\u001b]0;title\u0007', '\\x1b]0;title\\x07'],
  ['the 8-bit form of an escape sequence', '\u009b2J', '\\x9b2J'],
  ['what takes letters away', 'a\bb\u007fc\rd', 'a\\x08b\\x7fc\\rd'],
  ['a zero byte', 'a\0b', 'a\\x00b'],
  ['marks that turn text around', 'a\u202eb\u2066c\u200fd\u061ce', 'a\\u202eb\\u2066c\\u200fd\\u061ce'],
  ['line ends of Unicode', 'a\u2028b\u2029c\u0085d', 'a\\u2028b\\u2029c\\x85d'],
]

describe('visible text', () => {
  for (const [name, text, seen] of SEEN) {
    it(`spells out what a terminal would obey: ${name}`, () => {
      expect(visibleLine(text)).to.equal(seen)
      expect(visibleText(text)).to.equal(seen)
    })
  }

  it('keeps newlines and tabs of a text, and spells them out on a line', () => {
    expect(visibleText('a\n\tb\r\n')).to.equal('a\n\tb\\r\n')
    expect(visibleLine('a\n\tb\r\n')).to.equal('a\\n\\tb\\r\\n')
  })

  it('quotes a name so that it stays one word on one line', () => {
    expect(inQuotes('a "b"\n\u001b[2J\u009b\u202e')).to.equal('"a \\"b\\"\\n\\u001b[2J\\x9b\\u202e"')
  })
})
