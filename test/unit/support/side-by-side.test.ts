import { expect } from 'chai'
import { sideBySide } from '../../support/side-by-side.ts'

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) await new Promise<void>((resolve) => void setImmediate(resolve))
}

describe('sideBySide()', () => {
  it('does so many at a time and gives results in the order of the items', async () => {
    let running = 0
    let most = 0
    const results = await sideBySide([5, 1, 4, 2, 3], 2, async (item) => {
      running += 1
      most = Math.max(most, running)
      await turns(item)
      running -= 1
      return item * 10
    })
    expect(results).to.deep.equal([50, 10, 40, 20, 30])
    expect(most).to.equal(2)
  })

  it('begins no more after a failure, and waits for those that it has begun', async () => {
    const ended: number[] = []
    const error = await sideBySide([1, 9, 2, 3], 2, async (item) => {
      await turns(item)
      ended.push(item)
      if (item === 1) throw new Error('first')
    }).catch((reason: unknown) => reason)
    expect(error).to.be.an('error').with.property('message', 'first')
    expect(ended).to.deep.equal([1, 9])
  })
})
