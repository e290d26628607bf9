import { expect } from 'chai'
import { LastLines } from '../../../src/launch/last-lines.ts'

describe('LastLines', () => {
  it('cuts text at its line ends, wherever the pieces are cut', () => {
    const lines = new LastLines()
    for (const letter of 'one\r\ntwo\n\nthree') lines.add(letter)
    expect(lines.lines).to.deep.equal(['one', 'two', '', 'three'])
    expect(lines.end()).to.deep.equal(['three'])
    expect(lines.end()).to.deep.equal([])
  })

  it('keeps the last 20 lines of at most 1000 characters', () => {
    const lines = new LastLines()
    for (let index = 0; index < 100; index += 1) lines.add(`${String(index)}\n`)
    lines.add('x'.repeat(50_000))
    expect(lines.lines).to.have.length(21)
    expect(lines.lines[0]).to.equal('80')
    expect(lines.lines.at(-1)).to.have.length(1000)
  })
})
