import { Writable } from 'node:stream'
import { expect } from 'chai'
import { progressLine } from '../../../src/pool/progress-line.ts'

/** A terminal that keeps what is written. */
function terminal(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let text = ''
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString()
      done()
    },
  })
  // What is asked of a terminal here.
  return { stream: Object.assign(stream, { isTTY, columns: 120 }) as unknown as NodeJS.WriteStream, text: () => text }
}

describe('progressLine()', () => {
  it('says how much is done, the rate and the time left', () => {
    const { stream, text } = terminal(true)
    const line = progressLine('pi', stream)
    line.show({ done: 25, total: 100 })
    line.end()
    expect(text()).to.match(/pi .* 25 %  25 of 100  \d+ tasks\/s  .* left/)
  })

  it('writes nothing where there is no terminal', () => {
    const { stream, text } = terminal(false)
    const line = progressLine('pi', stream)
    line.show({ done: 1, total: 2 })
    line.end()
    expect(text()).to.equal('')
  })
})
