import { expect } from 'chai'
import { agentFlags, nodeOptionWords, numberFlag, travellingFlags, withoutFlags } from '../../../src/base/node-flags.ts'

describe('nodeOptionWords()', () => {
  for (const [text, words] of [
    [undefined, []],
    ['', []],
    ['  --a  --b=1 ', ['--a', '--b=1']],
    ['--require "./a b.js"', ['--require', './a b.js']],
    ['--require="./a \\"b\\\\.js" -r x', ['--require=./a "b\\.js', '-r', 'x']],
    ["--title='x y'", ["--title='x", "y'"]],
  ] as const) {
    it(`cuts ${JSON.stringify(text)} as Node does`, () => {
      expect(nodeOptionWords(text)).to.deep.equal(words)
    })
  }
})

describe('flags of Node', () => {
  it('that are for one process do not travel, and take their values with them', () => {
    const words = [
      '--max-old-space-size=9',
      '--inspect-port',
      '1',
      '--inspect-brk=0',
      '-e',
      'text',
      '--title',
      'x',
      '-r',
      'y',
    ]
    expect(travellingFlags(words)).to.deep.equal(['--max-old-space-size=9', '--title', 'x', '-r', 'y'])
  })

  it('that load modules are not for agents', () => {
    const words = ['--expose-gc', '--require', 'a', '-r', 'b', '--import=c', '--loader', 'd', '--conditions', 'e']
    expect(agentFlags(words)).to.deep.equal(['--expose-gc', '--conditions', 'e'])
  })

  it('can be left out', () => {
    expect(withoutFlags(['--a', '1', '--b', '2'], ['--a', '--c'])).to.deep.equal(['--b', '2'])
  })

  it('have numbers, in any of their spellings, of which the last counts', () => {
    const words = ['--max-old-space-size=1', '--max_old_space_size=22', '--max-old-space-size-more=3']
    expect(numberFlag(words, 'max-old-space-size')).to.equal(22)
    expect(numberFlag(words, 'stack-size')).to.equal(undefined)
  })
})
