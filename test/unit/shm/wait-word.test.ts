import { expect } from 'chai'
import { Doorbell } from '../../../src/shm/doorbell.ts'
import { ask, isAsleep, lookAt, modeOf, WaitMode, WaitWord } from '../../../src/shm/wait-word.ts'
import { smallNode } from './small-node.ts'

describe('WaitWord', () => {
  const node = smallNode(512, 3)
  const words = new Int32Array(node.memory.buffer)

  it('says of its own endpoint whether it blocks, and never the same word twice', () => {
    const word = new WaitWord(node, 1)
    const seen = [lookAt(words, 1)]
    for (let turn = 0; turn < 3; turn += 1) {
      word.block()
      seen.push(lookAt(words, 1))
      word.unblock()
      seen.push(lookAt(words, 1))
    }
    const { runs, blocks } = WaitMode
    expect(seen.map(modeOf)).to.deep.equal([runs, blocks, runs, blocks, runs, blocks, runs])
    expect(new Set(seen).size).to.equal(seen.length)
    expect([lookAt(words, 0), lookAt(words, 2)]).to.deep.equal([0, 0])
  })

  it('awaits again after a call that blocked', () => {
    const word = new WaitWord(node, 0)
    word.await(true)
    const before = lookAt(words, 0)
    word.await(true)
    expect(lookAt(words, 0), 'nothing has changed').to.equal(before)
    word.block()
    word.unblock()
    expect(modeOf(lookAt(words, 0))).to.equal(WaitMode.awaits)
    word.await(false)
    expect(modeOf(lookAt(words, 0))).to.equal(WaitMode.runs)
  })

  it('takeQuestion() gives a question once', () => {
    const word = new WaitWord(node, 2)
    expect(word.takeQuestion()).to.equal(0)
    ask(words, 2, 5)
    expect([word.takeQuestion(), word.takeQuestion()]).to.deep.equal([5, 0])
  })

  it('a rank whose bell has been rung is not asleep', () => {
    const bell = new Doorbell(node, 1)
    expect(isAsleep(words, 1)).to.equal(false)
    bell.prepare()
    expect(isAsleep(words, 1)).to.equal(true)
    bell.ring()
    expect(isAsleep(words, 1)).to.equal(false)
  })
})
