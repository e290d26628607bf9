import { expect } from 'chai'
import { OutputCredit } from '../../../src/agent/ranks/output-credit.ts'
import { endpointOffset, type NodeMemory, UNWRITTEN_OUTPUT } from '../../../src/shm/layout.ts'
import { smallNode } from '../shm/small-node.ts'

function unwritten(node: NodeMemory): number[] {
  const words = new Int32Array(node.memory.buffer)
  return Array.from(
    { length: node.endpoints },
    (_, endpoint) => words[endpointOffset(endpoint) / 4 + UNWRITTEN_OUTPUT] ?? -1,
  )
}

describe('OutputCredit', () => {
  it('done() takes the bytes off what the rank at that endpoint has on its way', () => {
    const node = smallNode(512, 3)
    const words = new Int32Array(node.memory.buffer)
    for (const endpoint of [0, 1]) words[endpointOffset(endpoint) / 4 + UNWRITTEN_OUTPUT] = 1000
    const credit = new OutputCredit(node, Int32Array.of(-1, 1, -1, 0))
    credit.done(1, 300)
    credit.done(1, 200)
    credit.done(3, 1)
    expect(unwritten(node)).to.deep.equal([999, 500, 0])
  })

  it('done() ignores ranks that are not on the node', () => {
    const node = smallNode(512, 3)
    const credit = new OutputCredit(node, Int32Array.of(-1, 1))
    credit.done(0, 300)
    credit.done(70, 300)
    expect(unwritten(node)).to.deep.equal([0, 0, 0])
  })

  it('done() wakes a rank that waits until its output is written', async () => {
    const node = smallNode(512, 2)
    const words = new Int32Array(node.memory.buffer)
    const word = endpointOffset(0) / 4 + UNWRITTEN_OUTPUT
    words[word] = 1000
    const waiting = Atomics.waitAsync(words, word, 1000)
    new OutputCredit(node, Int32Array.of(0)).done(0, 1)
    expect(waiting.async && (await waiting.value)).to.equal('ok')
  })
})
