import { expect } from 'chai'
import { FrameBatch } from '../../../src/agent/frame-batch.ts'

const BATCH = 256 * 1024

function batch(): { batch: FrameBatch; frames: { nodeId: number; frame: Uint8Array }[] } {
  const frames: { nodeId: number; frame: Uint8Array }[] = []
  return { batch: new FrameBatch((nodeId, frame) => void frames.push({ nodeId, frame })), frames }
}

function bytes(count: number, value: number): Uint8Array {
  return new Uint8Array(count).fill(value)
}

describe('FrameBatch', () => {
  it('sends nothing before flush(), then one frame for each node with its records in order', () => {
    const { batch: own, frames } = batch()
    own.add(1, bytes(16, 1), 0, 16)
    own.add(2, bytes(32, 2), 0, 32)
    own.add(1, bytes(48, 3), 0, 48)
    expect(frames).to.deep.equal([])
    own.flush()
    expect(frames).to.deep.equal([
      { nodeId: 1, frame: new Uint8Array([...bytes(16, 1), ...bytes(48, 3)]) },
      { nodeId: 2, frame: bytes(32, 2) },
    ])
  })

  it('flush() sends nothing twice and nothing that is empty', () => {
    const { batch: own, frames } = batch()
    own.flush()
    own.add(1, bytes(16, 1), 0, 16)
    own.flush()
    own.flush()
    expect(frames.length).to.equal(1)
  })

  it('copies the record out of the middle of memory that changes later', () => {
    const { batch: own, frames } = batch()
    const memory = Uint8Array.from({ length: 64 }, (_, index) => index)
    own.add(1, memory, 16, 32)
    memory.fill(0xff)
    own.flush()
    expect(frames[0]?.frame).to.deep.equal(Uint8Array.from({ length: 32 }, (_, index) => index + 16))
  })

  it('never changes a frame that it has sent', () => {
    const { batch: own, frames } = batch()
    own.add(1, bytes(16, 1), 0, 16)
    own.flush()
    own.add(1, bytes(16, 2), 0, 16)
    own.flush()
    expect(frames.map(({ frame }) => frame[0])).to.deep.equal([1, 2])
  })

  for (const size of [16, 1024, 1040, 4096, 65_536, 131_072]) {
    it(`sends frames of at most 256 KiB of records of ${size} bytes, none lost, none out of order`, () => {
      const { batch: own, frames } = batch()
      const count = Math.ceil((3 * BATCH) / size) + 1
      for (let index = 0; index < count; index += 1) own.add(7, bytes(size, index & 0xff), 0, size)
      own.flush()
      expect(frames.every(({ frame }) => frame.length <= BATCH)).to.equal(true)
      // Full, but for the last.
      expect(frames.slice(0, -1).every(({ frame }) => frame.length > BATCH - size)).to.equal(true)
      const all = Buffer.concat(frames.map(({ frame }) => frame))
      const expected = Buffer.concat(Array.from({ length: count }, (_, index) => bytes(size, index & 0xff)))
      expect(all.equals(expected)).to.equal(true)
    })
  }

  it('sends a record that is larger than a batch by itself', () => {
    const { batch: own, frames } = batch()
    own.add(1, bytes(16, 1), 0, 16)
    own.add(1, bytes(BATCH + 16, 2), 0, BATCH + 16)
    own.add(1, bytes(16, 3), 0, 16)
    own.flush()
    expect(frames.map(({ frame }) => frame.length)).to.deep.equal([16, BATCH + 16, 16])
  })
})
