// reduceScatter of views and lists, in equal and unequal blocks, in place, with operations that do not commute.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const ranks = [...Array(size).keys()]
const sum = (size * (size - 1)) / 2

for (const length of [0, 1, 100, 30_000]) {
  const mine = Float64Array.from({ length: length * size }, (_, i) => rank + i)
  const block = comm.reduceScatter(mine)
  assert.equal(block.length, length)
  assert.ok(block.every((x, i) => x === sum + size * (rank * length + i)))
  const into = new Float64Array(length)
  comm.reduceScatterInto(mine, into)
  assert.deepEqual(into, block)
  comm.reduceScatterInto(MPI.IN_PLACE, mine)
  assert.deepEqual(mine.subarray(0, length), block)
}

// The bits are those of allreduce.
const wild = Float32Array.from({ length: 24 * size }, (_, i) => Math.sin(rank * 77 + i) * 10 ** (i % 9))
assert.deepEqual(comm.reduceScatter(wild), comm.allreduce(wild).slice(24 * rank, 24 * rank + 24))

// Rank r gets r elements, from the end to the beginning of the ranks' pieces.
const counts = ranks
const from = (rank * (rank - 1)) / 2
const given = Int32Array.from({ length: sum }, (_, i) => i * (rank + 1))
const wanted = Int32Array.from({ length: rank }, (_, i) => ((from + i) * size * (size + 1)) / 2)
assert.deepEqual(comm.reduceScatter(given, MPI.SUM, { counts }), wanted)

const words = ranks.map((part) => `${rank}${part} `)
const join = (lower: string, higher: string): string => lower + higher
assert.equal(comm.reduceScatter(words, join), ranks.map((one) => `${one}${rank} `).join(''))
type Matrix = [number, number, number, number]
const product = ([a, b, c, d]: Matrix, [e, f, g, h]: Matrix): Matrix => [
  a * e + b * g,
  a * f + b * h,
  c * e + d * g,
  c * f + d * h,
]
const matrices = ranks.map((part): Matrix => [1, rank + part, rank % 2, 1])
const expected = ranks.map((one): Matrix => [1, one + rank, one % 2, 1]).reduce(product)
assert.deepEqual(comm.reduceScatter(matrices, product), expected)

assert.throws(() => comm.reduceScatter(new Int8Array(size), MPI.SUM, { counts: [...ranks, 0] }), { code: 'ERR_COUNT' })
if (size > 1) assert.throws(() => comm.reduceScatter(new Int8Array(size + 1)), { code: 'ERR_COUNT' })
const memory = new Int8Array(size)
assert.throws(() => comm.reduceScatterInto(memory, memory.subarray(0, 1)), { code: 'ERR_BUFFER' })
