// Reductions of every way that they take: in a slot, in pieces, of more pieces than one call has steps; in place, by a function.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm

/** The order of evaluation of a reduction, element by element: ((0+1)+(2+3))+… */
function tree(leaves: readonly Float64Array[], op: (lower: number, higher: number) => number): Float64Array {
  const [only = new Float64Array()] = leaves
  if (leaves.length === 1) return only
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1)
  const higher = tree(leaves.slice(half), op)
  return tree(leaves.slice(0, half), op).map((lower, i) => op(lower, higher[i] ?? Number.NaN))
}

/** A number whose sums depend on their order. */
function sample(of: number, i: number): number {
  return Math.sin(of * 7919 + i * 104729) * 10 ** ((of * 3 + i) % 17)
}

const add = (lower: number, higher: number): number => lower + higher
const mix = (lower: number, higher: number): number => lower * 0.75 + higher

const LONGEST = 40_001
// What is expected is the same for all lengths; to find it anew for each would take longer than all calls.
const samples = [...Array(size).keys()].map((of) => Float64Array.from({ length: LONGEST }, (_, i) => sample(of, i)))
const allSums = tree(samples, add)
const allMixes = tree(samples, mix)

for (const length of [0, 1, 2, 16, 17, 53, 54, 127, 128, 130, 1000, 4096, 4097, 16384, 16385, 32768, LONGEST]) {
  const mine = Float64Array.from({ length }, (_, i) => sample(rank, i))
  const sums = allSums.slice(0, length)
  const mixes = allMixes.slice(0, length)
  assert.deepEqual(comm.allreduce(mine), sums, `allreduce of ${length}`)
  const into = new Float64Array(length)
  comm.allreduceInto(mine, into)
  assert.deepEqual(into, sums, `allreduceInto of ${length}`)
  comm.allreduceInto(mine, into, mix)
  assert.deepEqual(into, mixes, `allreduceInto of ${length} by a function`)
  into.set(mine)
  comm.allreduceInto(MPI.IN_PLACE, into)
  assert.deepEqual(into, sums, `allreduceInto of ${length} in place`)
  const bytes = Uint8Array.from({ length }, (_, i) => rank + i)
  const wrapped = Uint8Array.from({ length }, (_, i) => (size * (size - 1)) / 2 + size * i)
  // Not at a multiple of 8 bytes.
  const odd = new Uint8Array(length + 3).subarray(3)
  comm.allreduceInto(bytes, odd)
  assert.deepEqual(odd, wrapped, `allreduceInto of ${length} bytes`)
  comm.reduceInto(mine, into, MPI.SUM, size - 1)
  if (rank === size - 1) assert.deepEqual(into, sums, `reduceInto of ${length}`)
}

assert.equal(comm.allreduce(sample(rank, 1)), allSums[1])
// Many pieces.
const long = new Uint8Array(4 * 2 ** 20 + 5).map((_, i) => i + rank)
comm.allreduceInto(MPI.IN_PLACE, long)
assert.ok(long.every((x, i) => x === ((size * (size - 1)) / 2 + size * i) % 256))
assert.equal(comm.allreduce(sample(rank, 1), MPI.MAX), tree(samples, Math.max)[1])
