import { expect } from 'chai'
import { PagedMap } from '../../../src/base/paged-map.ts'

describe('PagedMap', () => {
  it('is a map, and what it was stays as it was', () => {
    const empty = PagedMap.of<string>()
    const one = empty.with(500, 'a')
    const two = one.with(3, 'b').with(500, 'c')
    expect([empty.size, one.size, two.size]).to.deep.equal([0, 1, 2])
    expect([one.get(500), one.get(3), two.get(500), two.get(3), empty.get(0)]).to.deep.equal([
      'a',
      undefined,
      'c',
      'b',
      undefined,
    ])
    expect([...two]).to.deep.equal([
      [3, 'b'],
      [500, 'c'],
    ])
    expect([...two.without(500)]).to.deep.equal([[3, 'b']])
    expect(two.without(7)).to.equal(two)
    expect([...PagedMap.of(two)]).to.deep.equal([...two])
  })
})
