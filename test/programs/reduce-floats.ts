// Reductions of floating point: NaN, -0, rounding to single precision, ties of MINLOC and MAXLOC; every operation on the remaining types.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const ranks = [...Array(size).keys()]
const isLast = rank === size - 1

/** 8! and powers of two: products in any order are exact in single precision, with any number of ranks. */
const factor = (r: number): number => (r < 8 ? r + 1 : 2 ** ((r % 3) - 1))

for (const Type of [Float32Array, Float64Array]) {
  for (const op of [MPI.MIN, MPI.MAX]) {
    const given = Type.of(isLast ? Number.NaN : rank, rank, Number.NEGATIVE_INFINITY)
    const result = comm.allreduce(given, op)
    assert.ok(
      Number.isNaN(result[0]),
      `${op === MPI.MIN ? 'MIN' : 'MAX'} of ${[...given].join(' ')}: ${[...result].join(' ')}`,
    )
    assert.equal(result[1], op === MPI.MIN ? 0 : size - 1)
    assert.equal(result[2], Number.NEGATIVE_INFINITY)
  }
  assert.deepEqual(
    [...comm.allreduce(Type.of(factor(rank), 2), MPI.PROD)],
    [ranks.reduce((x, r) => x * factor(r), 1), 2 ** size],
  )
  // Minus zero alone stays minus zero: nothing is added to it.
  assert.ok(comm.allreduce(Type.of(-0), MPI.SUM).every((x) => Object.is(x, -0)))
  assert.throws(() => comm.allreduce(Type.of(1), MPI.BAND), { code: 'ERR_OP' })
}

/** The tree in which terms are combined: ((0+1)+(2+3))+… */
function tree(terms: readonly number[], add: (x: number, y: number) => number): number {
  if (terms.length <= 1) return terms[0] ?? 0
  const half = 2 ** Math.ceil(Math.log2(terms.length) - 1)
  return add(tree(terms.slice(0, half), add), tree(terms.slice(half), add))
}
// Each step is rounded to single precision.
const term = (r: number): number => Math.fround(0.1 * (r + 1) * 10 ** (r % 5))
const single = comm.allreduce(Float32Array.of(term(rank)))
assert.equal(
  single[0],
  tree(ranks.map(term), (x, y) => Math.fround(x + y)),
)
assert.equal(
  comm.allreduce(Math.sin(rank)),
  tree(ranks.map(Math.sin), (x, y) => x + y),
)

const unsigned = BigUint64Array.of(2n ** 64n - 1n, BigInt(rank))
assert.deepEqual(
  [...comm.allreduce(unsigned)],
  [BigInt.asUintN(64, BigInt(size) * (2n ** 64n - 1n)), BigInt((size * (size - 1)) / 2)],
)
assert.deepEqual([...comm.allreduce(unsigned, MPI.MAX)], [2n ** 64n - 1n, BigInt(size - 1)])
assert.deepEqual(
  [...comm.allreduce(unsigned, MPI.BXOR)],
  [size % 2 === 0 ? 0n : 2n ** 64n - 1n, ranks.reduce((x, r) => x ^ BigInt(r), 0n)],
)

// Of equal values the lowest location wins, whoever has it.
const location = (rank * 5) % size
for (const [op, value] of [
  [MPI.MINLOC, -3],
  [MPI.MAXLOC, 3],
] as const) {
  const isBest = (r: number): boolean => r % 2 === 0
  const wanted = Math.min(...ranks.filter(isBest).map((r) => (r * 5) % size))
  assert.deepEqual(comm.allreduce({ value: isBest(rank) ? value : 0, loc: location }, op), { value, loc: wanted })
}
