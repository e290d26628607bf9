// Every predefined operation on every element type, against a serial model; wrapping, rounding, values.
import assert from 'node:assert/strict'
import { MPI, type View } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const ranks = [...Array(size).keys()]
const integers = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array] as const
const exact: Record<string, (x: bigint, y: bigint) => bigint> = {
  SUM: (x, y) => x + y,
  PROD: (x, y) => x * y,
  MIN: (x, y) => (x < y ? x : y),
  MAX: (x, y) => (x > y ? x : y),
  BAND: (x, y) => x & y,
  BOR: (x, y) => x | y,
  BXOR: (x, y) => x ^ y,
  LAND: (x, y) => (x && y ? 1n : 0n),
  LOR: (x, y) => (x || y ? 1n : 0n),
  LXOR: (x, y) => (!x !== !y ? 1n : 0n),
}
const ops = { SUM: MPI.SUM, PROD: MPI.PROD, MIN: MPI.MIN, MAX: MPI.MAX, BAND: MPI.BAND, BOR: MPI.BOR, BXOR: MPI.BXOR }
const logical = { LAND: MPI.LAND, LOR: MPI.LOR, LXOR: MPI.LXOR }
const given = (r: number): number[] => [r, 100 + r, 2 ** 31 - 1 - r, 2 ** 20 * (r + 3), r % 2, 0]

for (const [name, op] of Object.entries({ ...ops, ...logical })) {
  const combine = exact[name] ?? assert.fail(name)
  for (const Type of integers) {
    const columns = ranks.map((r) => Type.from(given(r)))
    const bits = Type.BYTES_PER_ELEMENT * 8
    const wrap = (width: number, x: bigint): bigint =>
      Type.name.startsWith('U') ? BigInt.asUintN(width, x) : BigInt.asIntN(width, x)
    const wanted = columns
      .map((column) => [...column].map(BigInt))
      .reduce((a, b) => a.map((x, i) => wrap(bits, combine(x, b[i] ?? 0n))))
    const view: View = Type.from(given(rank))
    assert.deepEqual([...comm.allreduce(view, op)].map(BigInt), wanted, `${name} of ${Type.name}`)
    const root = size - 1
    const reduced = comm.reduce(view, op, root)
    if (rank === root) assert.deepEqual([...(reduced ?? [])].map(BigInt), wanted)
    else assert.equal(reduced, undefined)
  }
  for (const [Type, wrap] of [
    [BigInt64Array, (x: bigint): bigint => BigInt.asIntN(64, x)],
    [BigUint64Array, (x: bigint): bigint => BigInt.asUintN(64, x)],
  ] as const) {
    const big = (r: number): bigint[] => [...given(r).map(BigInt), 2n ** 63n - BigInt(r) - 1n]
    const wanted = ranks.map(big).reduce((a, b) => a.map((x, i) => wrap(combine(x, b[i] ?? 0n))))
    assert.deepEqual([...comm.allreduce(Type.from(big(rank)), op)], wanted, `${name} of ${Type.name}`)
  }
}

assert.equal(comm.allreduce(rank), (size * (size - 1)) / 2)
assert.equal(comm.allreduce(2n ** 70n), BigInt(size) * 2n ** 70n)
assert.equal(comm.allreduce(rank === 0, MPI.LOR), true)
assert.equal(comm.allreduce(rank === 0, MPI.LAND), size === 1)
assert.equal(comm.reduce(rank, MPI.MAX, 0), rank === 0 ? size - 1 : undefined)
assert.equal(await comm.ireduce(rank, MPI.MIN, size - 1), rank === size - 1 ? 0 : undefined)

const floats = comm.allreduce(Float64Array.of(rank / 3, rank === size - 1 ? Number.NaN : 1), MPI.MAX)
assert.ok(floats[0] === (size - 1) / 3 && Number.isNaN(floats[1]))

// Ties take the lowest location.
const best = comm.allreduce({ value: rank % 2, loc: size - rank }, MPI.MAXLOC)
assert.deepEqual(
  best,
  size === 1 ? { value: 0, loc: 1 } : { value: 1, loc: size - (size % 2 === 0 ? size - 1 : size - 2) },
)
