import { expect } from 'chai'
import { Areas } from '../../../src/shm/areas.ts'
import { allocateNodeMemory, type NodeMemory } from '../../../src/shm/layout.ts'

const KIB = 1024

function nodeOf(): NodeMemory {
  return allocateNodeMemory(2)
}

describe('Areas', () => {
  it('claim() gives all users the same piece, other owners and kinds another', () => {
    const node = nodeOf()
    const [one, other] = [new Areas(node), new Areas(node)]
    const piece = one.claim(2 ** 40 + 3, 0, 2, 5000)
    expect(piece % KIB).to.equal(0)
    expect(other.claim(2 ** 40 + 3, 0, 2, 5000)).to.equal(piece)
    const others = [
      other.claim(2 ** 40 + 3, 1, 2, 5000),
      other.claim(3, 0, 2, 5000),
      one.claim(2 ** 41 + 3, 0, 2, 5000),
    ]
    expect(new Set([piece, ...others]).size).to.equal(4)
    for (const [i, place] of others.entries()) expect(place, `piece ${i}`).to.be.greaterThan(piece + 5000 - 1)
  })

  it('release() by all users gives the piece back, zero when it comes again', () => {
    const areas = new Areas(nodeOf())
    const node = nodeOf()
    const own = new Areas(node)
    const piece = own.claim(7, 0, 2, 3000)
    new Uint8Array(node.memory.buffer).fill(1, piece, piece + 3000)
    own.release(7, 0)
    expect(own.claim(8, 0, 2, 3000)).to.not.equal(piece)
    own.release(7, 0)
    expect(own.claim(9, 0, 2, 3000)).to.equal(piece)
    const bytes = new Uint8Array(node.memory.buffer, piece, 3000)
    expect(bytes.every((byte) => byte === 0)).to.equal(true)
    // Nothing was claimed.
    areas.release(1, 0)
  })

  it('claim() says -1 to all users of an owner for which there is no room, also after some has come', () => {
    const areas = new Areas(nodeOf())
    const large = 20 * 1024 * KIB
    let owner = 0
    while (areas.claim(owner, 1, 1, large) !== -1) owner += 1
    expect(owner).to.be.within(1, 4)
    for (let freed = 0; freed < owner; freed += 1) areas.release(freed, 1)
    expect(areas.claim(owner, 1, 1, large)).to.equal(-1)
    areas.release(owner, 1)
    expect(areas.claim(owner, 1, 1, large)).to.be.greaterThan(0)
  })

  it('claim() refuses everybody who has no piece once its table was full, so that all ranks decide alike', () => {
    const areas = new Areas(nodeOf())
    let owner = 0
    while (areas.claim(owner, 0, 1, KIB) !== -1) owner += 1
    expect(owner).to.be.greaterThan(1000)
    const kept = areas.claim(5, 0, 1, KIB)
    areas.release(4, 0)
    expect(areas.claim(owner, 0, 1, KIB)).to.equal(-1)
    expect(areas.claim(5, 0, 1, KIB)).to.equal(kept)
  })

  it('claim() says -1 where the region has no room for areas', () => {
    expect(new Areas(allocateNodeMemory(1)).claim(1, 0, 2, KIB)).to.equal(-1)
  })
})
