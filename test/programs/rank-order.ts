// Functions as operations are evaluated in rank order, in a tree that depends on the number of ranks alone; the same bits on all ranks.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm

function tree(from: number, to: number): string {
  if (to - from === 1) return `${from}`
  const half = 2 ** Math.ceil(Math.log2(to - from) - 1)
  return `(${tree(from, from + half)}+${tree(from + half, to)})`
}
const join = (lower: string, higher: string): string => `(${lower}+${higher})`
for (let root = 0; root < size; root += 1) {
  assert.equal(comm.reduce(`${rank}`, join, root), rank === root ? tree(0, size) : undefined)
}
assert.equal(comm.allreduce(`${rank}`, join), tree(0, size))

// Products of matrices do not commute.
type Matrix = [number, number, number, number]
const multiply = ([a, b, c, d]: Matrix, [e, f, g, h]: Matrix): Matrix => [
  a * e + b * g,
  a * f + b * h,
  c * e + d * g,
  c * f + d * h,
]
const matrixOf = (r: number): Matrix => [1, r + 1, r % 2, 1]
const product = [...Array(size).keys()].map(matrixOf).reduce(multiply)
assert.deepEqual(comm.allreduce(matrixOf(rank), multiply), product)

// On views, element by element.
const digits = comm.allreduce(
  Float64Array.of(rank + 1, 1),
  (lower: number, higher: number) => lower * 10 + higher * 0 + 1,
)
assert.equal(digits.length, 2)
const commuting = MPI.op((x: number, y: number) => Math.max(x, y), { commute: true })
assert.equal(comm.allreduce(rank, commuting), size - 1)

// Sums of doubles: the same bits on every rank and in every run.
const term = Math.sin(rank + 1) * 10 ** (rank % 7)
const sums = comm.allgather(comm.allreduce(term))
for (const sum of sums) assert.equal(sum, sums[0])
const again = comm.bcast(comm.reduce(term))
assert.equal(again, sums[0])
