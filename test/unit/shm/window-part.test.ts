import { expect } from 'chai'
import { WindowPart } from '../../../src/shm/window-part.ts'
import { type ElementView, elementConstructor, elementConstructors } from '../../../src/wire/element-types.ts'
import { windowOperations } from '../../../src/wire/window-messages.ts'

function partOf(datatype: number, length: number): WindowPart {
  return new WindowPart({
    control: new SharedArrayBuffer(WindowPart.controlBytes(2)),
    data: new SharedArrayBuffer(8 + length * 8),
    byteOffset: 8,
    length,
    datatype,
  })
}

function viewOf(datatype: number, ...values: number[]): ElementView {
  const view = new (elementConstructor(datatype))(values.length)
  const isBig = view instanceof BigInt64Array || view instanceof BigUint64Array
  for (const [i, value] of values.entries()) view[i] = isBig ? BigInt(value) : value
  return view
}

const expected: Readonly<Record<string, (x: number, y: number) => number>> = {
  SUM: (x, y) => x + y,
  PROD: (x, y) => x * y,
  MIN: Math.min,
  MAX: Math.max,
  LAND: (x, y) => (x && y ? 1 : 0),
  LOR: (x, y) => (x || y ? 1 : 0),
  LXOR: (x, y) => (!x !== !y ? 1 : 0),
  BAND: (x, y) => x & y,
  BOR: (x, y) => x | y,
  BXOR: (x, y) => x ^ y,
  REPLACE: (_, y) => y,
  NO_OP: (x) => x,
}

describe('WindowPart', () => {
  for (const [datatype, constructor] of elementConstructors.entries()) {
    if (constructor === undefined) continue
    const isFloat = constructor.name.startsWith('Float')
    for (const operation of windowOperations.filter((name) => !isFloat || !name.startsWith('B'))) {
      it(`accumulate() and fetchAndOp() of ${operation} on a ${constructor.name}`, () => {
        const part = partOf(datatype, 4)
        part.put(0, viewOf(datatype, 5, 6, 0, 7))
        part.accumulate(operation, 1, viewOf(datatype, 3, 2))
        const old = part.fetchAndOp(operation, 3, viewOf(datatype, 4))
        const combine = expected[operation]
        expect([...part.view].map(Number)).to.deep.equal([5, combine?.(6, 3), combine?.(0, 2), combine?.(7, 4)])
        expect(Number(old)).to.equal(7)
      })
    }

    it(`getAccumulate() gives what was there, on a ${constructor.name}`, () => {
      const part = partOf(datatype, 4)
      part.put(0, viewOf(datatype, 5, 6, 1, 7))
      const old = viewOf(datatype, 0, 0)
      part.getAccumulate('SUM', 1, viewOf(datatype, 3, 2), old)
      expect([...old].map(Number)).to.deep.equal([6, 1])
      part.getAccumulate('NO_OP', 2, viewOf(datatype, 3, 2), old)
      expect([...old].map(Number)).to.deep.equal([3, 7])
      expect([...part.view].map(Number)).to.deep.equal([5, 9, 3, 7])
    })

    it(`compareAndSwap(), put() and get() on a ${constructor.name}`, () => {
      const part = partOf(datatype, 3)
      expect(Number(part.compareAndSwap(1, viewOf(datatype, 9, 4)))).to.equal(0)
      expect(Number(part.compareAndSwap(1, viewOf(datatype, 0, 4)))).to.equal(0)
      expect(Number(part.compareAndSwap(1, viewOf(datatype, 4, 2)))).to.equal(4)
      part.put(2, viewOf(datatype, 8))
      const into = viewOf(datatype, 1, 1, 1)
      part.get(0, into)
      expect([...into].map(Number)).to.deep.equal([0, 2, 8])
    })
  }

  it('accumulates more elements than it does at once', () => {
    const part = partOf(5, 20_000)
    const source = new Int32Array(19_999).map((_, i) => i)
    part.accumulate('SUM', 1, source)
    part.accumulate('SUM', 1, source)
    expect(part.isFree).to.equal(true)
    expect([...part.view].every((x, i) => x === (i === 0 ? 0 : 2 * (i - 1)))).to.equal(true)
  })
})
