import { expect } from 'chai'
import type { View, ViewConstructor } from '../../../src/mpi/datatypes/datatype.ts'
import { LoopbackLink } from '../../../src/mpi/link/loopback-link.ts'
import { reduceLoop } from '../../../src/mpi/operations/reduce-loops.ts'
import { createOp, type Op, opNames } from '../../../src/mpi/operations/reduce-op.ts'
import { combineValues } from '../../../src/mpi/operations/reduce-values.ts'
import { createRuntime } from '../../../src/mpi/runtime.ts'
import { datatypeOf } from '../../../src/mpi/datatypes/datatype.ts'
import { testHost } from './support/test-network.ts'

const { MPI } = createRuntime(new LoopbackLink(), testHost)

const integers = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array]
const bigintegers = [BigInt64Array, BigUint64Array]

/** The serial model: exact by bigint, then stored. */
const model: Record<string, (x: bigint, y: bigint) => bigint> = {
  SUM: (x, y) => x + y,
  PROD: (x, y) => x * y,
  MIN: (x, y) => (x < y ? x : y),
  MAX: (x, y) => (x > y ? x : y),
  LAND: (x, y) => (x !== 0n && y !== 0n ? 1n : 0n),
  LOR: (x, y) => (x !== 0n || y !== 0n ? 1n : 0n),
  LXOR: (x, y) => ((x !== 0n) !== (y !== 0n) ? 1n : 0n),
  BAND: (x, y) => x & y,
  BOR: (x, y) => x | y,
  BXOR: (x, y) => x ^ y,
}

/** Values at the borders of an element type, as it stores them. */
function samples(Type: ViewConstructor): View {
  const raw = [
    0n,
    1n,
    2n,
    3n,
    127n,
    128n,
    255n,
    65535n,
    2n ** 31n - 1n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 63n - 1n,
    -1n,
    -2n,
    12345678901n,
  ]
  const view = new Type(raw.length)
  for (const [i, x] of raw.entries())
    view[i] = (
      view instanceof BigInt64Array || view instanceof BigUint64Array ? x : Number(BigInt.asIntN(48, x))
    ) as never
  return view
}

/** `a[i] = op(a[i], b[i])` for all elements. */
function applyLoop(op: Op, a: View, b: View): void {
  reduceLoop(op, datatypeOf(a))?.(a, 0, a, 0, b, 0, a.length)
}

describe('Reduction loops', () => {
  for (const Type of [...integers, ...bigintegers] as ViewConstructor[]) {
    it(`wrap like the element type for ${Type.name}`, () => {
      const column = samples(Type)
      for (const name of opNames.filter((op) => op in model)) {
        for (let shift = 0; shift < column.length; shift += 1) {
          const a = new Type(column.length)
          const b = new Type(column.length)
          const wanted = new Type(column.length)
          for (let i = 0; i < column.length; i += 1) {
            const [x, y] = [column[i], column[(i + shift) % column.length]]
            a[i] = x as never
            b[i] = y as never
            const exact = model[name]?.(BigInt(x ?? 0), BigInt(y ?? 0)) ?? 0n
            const bits = Type.BYTES_PER_ELEMENT * 8
            const stored = Type.name.includes('Uint') ? BigInt.asUintN(bits, exact) : BigInt.asIntN(bits, exact)
            wanted[i] = (Type.name.startsWith('Big') ? stored : Number(stored)) as never
          }
          applyLoop(MPI[name], a, b)
          expect(a, `${name}, shift ${shift}`).to.deep.equal(wanted)
        }
      }
    })
  }

  it('round Float32 at each step and keep NaN', () => {
    const a = Float32Array.of(0.1, 1, Number.NaN, 3)
    applyLoop(MPI.SUM, a, Float32Array.of(0.2, 2 ** -30, 1, 4))
    expect(a).to.deep.equal(Float32Array.of(Math.fround(Math.fround(0.1) + Math.fround(0.2)), 1, Number.NaN, 7))
    const b = Float64Array.of(1, Number.NaN, -0)
    applyLoop(MPI.MAX, b, Float64Array.of(Number.NaN, 1, 0))
    expect(b).to.deep.equal(Float64Array.of(Number.NaN, Number.NaN, 0))
    expect(reduceLoop(MPI.BXOR, datatypeOf(b))).to.equal(null)
    expect(reduceLoop(MPI.MINLOC, datatypeOf(b))).to.equal(null)
  })

  it('apply a function element by element', () => {
    const op = createOp((lower: number, higher: number) => lower * 10 + higher)
    const a = Int32Array.of(1, 2)
    applyLoop(op, a, Int32Array.of(3, 4))
    expect([...a]).to.deep.equal([13, 24])
  })
})

describe('Reductions of values', () => {
  const combine = (op: Op, x: unknown, y: unknown): unknown => combineValues(op, x, y, 0, 'reduce')

  it('keep the type of numbers, bigints and booleans', () => {
    expect(combine(MPI.SUM, 1, 2)).to.equal(3)
    expect(combine(MPI.PROD, 2n ** 70n, 3n)).to.equal(3n * 2n ** 70n)
    expect(combine(MPI.LAND, true, false)).to.equal(false)
    expect(combine(MPI.LOR, 0, 5)).to.equal(1)
    expect(combine(MPI.LXOR, 0n, 5n)).to.equal(1n)
    expect(combine(MPI.BAND, 2 ** 40 + 3, 2 ** 40 + 1)).to.equal(2 ** 40 + 1)
    expect(combine(MPI.SUM, true, true)).to.equal(2)
    expect(() => combine(MPI.SUM, 1, 1n)).to.throw(/SUM of number and bigint/)
  })

  it('MINLOC and MAXLOC take the lowest location of equal values and of NaN', () => {
    expect(combine(MPI.MINLOC, { value: 1, loc: 4 }, { value: 1, loc: 2 })).to.deep.equal({ value: 1, loc: 2 })
    expect(combine(MPI.MAXLOC, { value: 1, loc: 4 }, { value: 3, loc: 7 })).to.deep.equal({ value: 3, loc: 7 })
    expect(combine(MPI.MAXLOC, { value: Number.NaN, loc: 4 }, { value: 3, loc: 7 })).to.deep.equal({
      value: Number.NaN,
      loc: 4,
    })
    expect(combine(MPI.MINLOC, { value: 0, loc: 1 }, { value: -0, loc: 0 })).to.deep.equal({ value: -0, loc: 0 })
  })
})
