import { randomNumbers } from '../../support/random.ts'

/** Words that parsers of hosts and options know, and letters that confuse them. */
// biome-ignore format: a list of words
const PIECES = [
  'n1', 'a.b', '::1', '[', ']', '[1-3]', '[01-9,', '(x', '2(x3)', ':', ':4', '=', 'slots', 'slots=2', 'max_slots=1', 'port=22',
  '@', '-', '--', '-np', '--host', '--map-by', 'ppr:1:node', '%', '%r', '#', '//', ',', ' ', '  ', '\n', '\r\n', '\t', '\\', '"',
  "'", '\0', '\uFEFF', 'é', '\uD800', '0', '1', '99999999999', '-1', '1e9', '*', '$', 'x', 'a.js', 'None', '__proto__',
]

/** Texts made of such pieces; the same seed gives the same texts. */
export function* randomTexts(seed: number, count: number): Generator<string> {
  const random = randomNumbers(seed)
  for (let index = 0; index < count; index++) {
    const length = Math.floor(random() * 12)
    yield Array.from({ length }, () => PIECES[Math.floor(random() * PIECES.length)] ?? '').join('')
  }
}
