import { expect } from 'chai'
import { defaultChunkSize } from '../../../src/pool/calls/chunk-size.ts'

// What CPython 3.11's `divmod(len(iterable), len(pool) * 4)` with its rounding gives.
const PYTHON = [
  { items: 0, threads: 2, size: 1 },
  { items: 1, threads: 2, size: 1 },
  { items: 8, threads: 2, size: 1 },
  { items: 9, threads: 2, size: 2 },
  { items: 100, threads: 3, size: 9 },
  { items: 1000, threads: 4, size: 63 },
]

describe('defaultChunkSize()', () => {
  for (const { items, threads, size } of PYTHON) {
    it(`is ${size} for ${items} items and ${threads} threads`, () => {
      expect(defaultChunkSize(items, threads)).to.equal(size)
    })
  }
})
