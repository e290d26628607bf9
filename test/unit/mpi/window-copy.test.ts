import { expect } from 'chai'
import { elementConstructors } from '../../../src/wire/element-types.ts'
import type { View } from '../../../src/mpi/datatypes/datatype.ts'
import { WindowCopy } from '../../../src/mpi/windows/window-copy.ts'

describe('WindowCopy', () => {
  for (const constructor of elementConstructors) {
    if (constructor === undefined) continue
    const isBig = constructor.name.startsWith('Big')
    const set = (view: View, at: number, value: number): void => {
      view[at] = isBig ? BigInt(value) : value
    }

    it(`sync() of ${constructor.name}: what the owner has changed goes out, the rest comes in`, () => {
      const mine = new constructor(new ArrayBuffer(64 + 8), 8, 4)
      const common = new constructor(4)
      for (let i = 0; i < 4; i += 1) {
        set(mine, i, 10 + i)
        set(common, i, 10 + i)
      }
      const copy = new WindowCopy(mine, common)
      set(mine, 0, 1)
      set(common, 1, 2)
      set(mine, 2, 3)
      set(common, 2, 4)
      copy.sync()
      expect([...mine].map(Number), 'the owner wins').to.deep.equal([1, 2, 3, 13])
      expect([...common].map(Number)).to.deep.equal([1, 2, 3, 13])
      set(common, 0, 5)
      set(mine, 1, 6)
      copy.sync()
      expect([...mine].map(Number)).to.deep.equal([5, 6, 3, 13])
      expect([...common].map(Number)).to.deep.equal([5, 6, 3, 13])
    })
  }

  it('takes elements of 8 bytes as a whole', () => {
    const mine = BigUint64Array.of(0x1_0000_0002n)
    const common = mine.slice()
    const copy = new WindowCopy(mine, common)
    mine[0] = 0x1_0000_0003n
    common[0] = 0x5_0000_0002n
    copy.sync()
    expect([mine[0], common[0]]).to.deep.equal([0x1_0000_0003n, 0x1_0000_0003n])
  })

  it('keeps NaN and -0 as they are', () => {
    const mine = Float64Array.of(Number.NaN, 0)
    const common = mine.slice()
    const copy = new WindowCopy(mine, common)
    mine[1] = -0
    copy.sync()
    expect(Object.is(common[1], -0)).to.equal(true)
    common[0] = 3
    copy.sync()
    expect(mine[0]).to.equal(3)
  })
})
