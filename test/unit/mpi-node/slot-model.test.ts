import { expect } from 'chai'
import { type Call, explore, type Mistake } from './slot-model.ts'

const SCENES: { readonly name: string; readonly size: number; readonly calls: readonly Call[] }[] = [
  { name: 'three calls of two members that wait for each other', size: 2, calls: ['all', 'all', 'all'] },
  { name: 'root runs ahead of one reader', size: 2, calls: [{ root: 0 }, { root: 0 }, { root: 0 }, { root: 0 }] },
  { name: 'roots take turns', size: 2, calls: [{ root: 0 }, { root: 1 }, 'all'] },
  { name: 'three members that wait for each other', size: 3, calls: ['all'] },
  { name: 'root and two readers', size: 3, calls: [{ root: 0 }] },
]

const MISTAKES: { readonly mistake: Mistake; readonly scene: number }[] = [
  { mistake: 'writes without room', scene: 1 },
  { mistake: 'has one slot', scene: 0 },
  { mistake: 'publishes before it writes', scene: 0 },
  { mistake: 'wakes nobody', scene: 0 },
  { mistake: 'wakes before it publishes', scene: 0 },
  { mistake: 'does not look again', scene: 0 },
]

describe('all interleavings of calls in slots', () => {
  for (const { name, size, calls } of SCENES) {
    it(`lose no wake-up and read no other call: ${name}`, () => {
      const { wrong, states } = explore(size, calls)
      expect(wrong).to.equal(null)
      expect(states).to.be.greaterThan(100)
    })
  }

  for (const { mistake, scene } of MISTAKES) {
    it(`go wrong where a member ${mistake}`, () => {
      const { size, calls } = SCENES[scene] ?? { size: 2, calls: [] }
      expect(explore(size, calls, mistake).wrong).to.not.equal(null)
    })
  }
})
