import { expect } from 'chai'
import { AllocatedMemory, allocView } from '../../../src/mpi/datatypes/allocated-memory.ts'
import type { ViewConstructor } from '../../../src/mpi/datatypes/datatype.ts'

const TYPES: readonly ViewConstructor[] = [
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
]

describe('AllocatedMemory', () => {
  it('gives views of every type in shared memory, zeroed, 64-byte aligned and apart from each other', () => {
    const memory = new AllocatedMemory()
    const ends = new Map<SharedArrayBuffer, number>()
    for (const length of [0, 1, 7, 64, 1000, 2 ** 15, 2 ** 17]) {
      for (const type of TYPES) {
        const view = allocView(memory, 0, type, length)
        const { buffer, byteOffset, byteLength } = view
        if (!memory.has(buffer)) throw new Error('it is not in memory of its own')
        expect(view).to.be.instanceOf(type).with.lengthOf(length)
        expect(byteOffset % 64).to.equal(0)
        expect(byteOffset).to.be.at.least(ends.get(buffer) ?? 0)
        ends.set(buffer, byteOffset + byteLength)
        expect(new Uint8Array(buffer, byteOffset, byteLength).every((byte) => byte === 0)).to.equal(true)
        new Uint8Array(buffer, byteOffset, byteLength).fill(255)
      }
    }
  })

  it('does not know memory from elsewhere', () => {
    const memory = new AllocatedMemory()
    expect(memory.has(new SharedArrayBuffer(8))).to.equal(false)
    expect(memory.has(new ArrayBuffer(8))).to.equal(false)
  })

  const wrong: readonly [string, unknown, unknown][] = [
    ['ERR_TYPE', DataView, 1],
    ['ERR_TYPE', undefined, 1],
    ['ERR_COUNT', Float64Array, -1],
    ['ERR_COUNT', Float64Array, 1.5],
    ['ERR_COUNT', Float64Array, undefined],
    ['ERR_NO_MEM', Float64Array, 2 ** 45],
  ]
  for (const [code, type, length] of wrong) {
    it(`throws ${code} for ${typeof type} ${String((type as { name?: string } | undefined)?.name)} of ${String(length)}`, () => {
      // What a program in plain JavaScript may give.
      const call = (): unknown => allocView(new AllocatedMemory(), 3, type as ViewConstructor, length as number)
      expect(call).to.throw().that.includes({ code, rank: 3, call: 'alloc' })
    })
  }
})
