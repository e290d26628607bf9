import { expect } from 'chai'
import { copyBytes, copyView } from '../../../src/base/copy-bytes.ts'
import { Random, testSeed } from '../../support/random.ts'

const MEMORY_BYTES = 20_000
/** Around each border between two ways to copy, and beyond all of them. */
const LENGTHS = [0, 1, 63, 64, 65, 511, 512, 1023, 1024, 1025, 4095, 4096, 4097, 15_000]

const memories: Readonly<Record<string, () => ArrayBufferLike>> = {
  plain: () => new ArrayBuffer(MEMORY_BYTES),
  shared: () => new SharedArrayBuffer(MEMORY_BYTES),
}

function random(buffer: ArrayBufferLike, numbers: Random): Uint8Array {
  const bytes = new Uint8Array(buffer)
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = numbers.below(256)
  return bytes
}

describe('copyBytes', () => {
  const seed = testSeed()
  for (const [fromKind, makeFrom] of Object.entries(memories)) {
    for (const [toKind, makeTo] of Object.entries(memories)) {
      it(`copies from ${fromKind} to ${toKind} memory exactly the bytes that it is to (seed ${seed})`, () => {
        const numbers = new Random(seed)
        for (const bytes of LENGTHS) {
          const [from, to] = [random(makeFrom(), numbers), random(makeTo(), numbers)]
          const [fromOffset, toOffset] = [numbers.below(4000), numbers.below(4000)]
          const expected = Uint8Array.from(to)
          for (let i = 0; i < bytes; i += 1) expected[toOffset + i] = from[fromOffset + i] ?? 0
          copyBytes(from, fromOffset, to, toOffset, bytes)
          expect(Buffer.compare(to, expected), `${bytes} bytes from ${fromOffset} to ${toOffset}`).to.equal(0)
        }
      })
    }
  }

  it('moves bytes within one memory, also where the ranges overlap', () => {
    for (const shift of [-3000, -8, 8, 3000]) {
      const memory = random(new SharedArrayBuffer(MEMORY_BYTES), new Random(seed))
      const expected = Uint8Array.from(memory).copyWithin(5000 + shift, 5000, 5000 + 8192)
      copyBytes(memory, 5000, memory, 5000 + shift, 8192)
      expect(Buffer.compare(memory, expected), String(shift)).to.equal(0)
    }
  })
})

describe('copyView', () => {
  it('copies the elements of a view and none behind them', () => {
    for (const length of [0, 3, 511, 512, 2000]) {
      const from = new Float64Array(new SharedArrayBuffer(length * 8 + 16), 16, length)
      for (let i = 0; i < length; i += 1) from[i] = i - 0.5
      const to = new Float64Array(length + 1).fill(7)
      copyView(from, to)
      expect([...to]).to.deep.equal([...from, 7])
    }
  })
})
