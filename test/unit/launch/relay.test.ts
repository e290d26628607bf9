import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { Relay } from '../../../src/launch/relay.ts'
import { memoryChannelPair } from '../../support/memory-channel.ts'

/** Lets what is on its way arrive. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await turn()
}

describe('Relay', () => {
  it('joins the halves of two nodes, whichever comes first, and keeps pairs apart', async () => {
    const relay = new Relay()
    const got = new Map<string, number[]>()
    const ends = [
      [3, 1],
      [1, 3],
      [1, 2],
      [2, 1],
    ].map(([from = 0, to = 0]) => {
      const [agent, here] = memoryChannelPair()
      const bytes: number[] = []
      got.set(`${from}:${to}`, bytes)
      agent.onPieces((piece) => void bytes.push(...piece))
      relay.accept(from, to, here)
      return agent
    })
    // What was sent before the other half came arrives as well.
    ends.forEach((agent, index) => agent.send(Uint8Array.of(index, index)))
    await settle()
    expect(Object.fromEntries(got)).to.deep.equal({ '3:1': [1, 1], '1:3': [0, 0], '1:2': [3, 3], '2:1': [2, 2] })
  })

  it('ends one half when the other ends', async () => {
    const relay = new Relay()
    const [one, oneHere] = memoryChannelPair()
    const [two, twoHere] = memoryChannelPair()
    relay.accept(1, 2, oneHere)
    relay.accept(2, 1, twoHere)
    one.close()
    expect((await two.closed).by).to.equal('peer')
  })

  it('forgets a half that ends alone, and takes the second one of a node that dials again', async () => {
    const relay = new Relay()
    const [, first] = memoryChannelPair()
    const [again, second] = memoryChannelPair()
    const [other, otherHere] = memoryChannelPair()
    relay.accept(1, 2, first)
    relay.accept(1, 2, second)
    relay.accept(2, 1, otherHere)
    const bytes: number[] = []
    other.onPieces((piece) => void bytes.push(...piece))
    again.send(Uint8Array.of(7))
    await settle()
    expect(bytes).to.deep.equal([7])
  })
})
