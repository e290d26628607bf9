import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { onAbort } from '../../../src/base/on-abort.ts'

describe('onAbort()', () => {
  it('does everything that was not taken back, once', () => {
    const controller = new AbortController()
    let count = 0
    const note = (): void => {
      count += 1
    }
    const forgets = [1, 2, 3, 4].map(() => onAbort(controller.signal, note))
    forgets[1]?.()
    forgets[1]?.()
    controller.abort()
    expect(count).to.equal(3)
    for (const forget of forgets) forget()
    controller.abort()
    expect(count).to.equal(3)
  })

  it('has one listener on a signal, and none when all is taken back', () => {
    const { signal } = new AbortController()
    const count = (): number => getEventListeners(signal, 'abort').length
    for (let time = 0; time < 2; time += 1) {
      const forgets = Array.from({ length: 20 }, () => onAbort(signal, () => undefined))
      expect(count()).to.equal(1)
      for (const forget of forgets) forget()
      expect(count()).to.equal(0)
    }
  })
})
