import { expect } from 'chai'
import { hearSignal, hearsSignal } from '../../../src/shm/heard-signals.ts'
import { smallNode } from './small-node.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

describe('hearsSignal()', () => {
  for (const signal of SIGNALS) {
    it(`knows a handler for ${signal} of that endpoint and signal only`, () => {
      const node = smallNode(512, 3)
      hearSignal(node, 1, signal)
      for (const endpoint of [0, 1, 2]) {
        for (const other of SIGNALS) {
          const expected = endpoint === 1 && other === signal
          expect(hearsSignal(node, endpoint, other), `${other} at endpoint ${endpoint}`).to.equal(expected)
        }
      }
    })
  }

  it('knows several handlers at once', () => {
    const node = smallNode(512, 3)
    for (const signal of SIGNALS) hearSignal(node, 2, signal)
    hearSignal(node, 2, 'SIGINT')
    expect(SIGNALS.every((signal) => hearsSignal(node, 2, signal))).to.equal(true)
  })

  it('does not know signals that never end a rank', () => {
    const node = smallNode(512, 3)
    hearSignal(node, 0, 'SIGUSR1')
    hearSignal(node, 0, 'toString')
    expect([...SIGNALS, 'SIGUSR1', 'toString'].some((signal) => hearsSignal(node, 0, signal))).to.equal(false)
  })
})
