// scan and exscan, of values, functions and views.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank } = comm
const join = (lower: string, higher: string): string => lower + higher
const names = (count: number): string => [...Array(count).keys()].join('')

assert.equal(comm.scan(rank + 1), ((rank + 1) * (rank + 2)) / 2)
assert.equal(comm.exscan(rank + 1), rank === 0 ? undefined : (rank * (rank + 1)) / 2)
assert.equal(comm.scan(`${rank}`, join), names(rank + 1))
assert.equal(comm.exscan(`${rank}`, join), rank === 0 ? undefined : names(rank))
assert.equal(await comm.iscan(rank, MPI.MAX), rank)

const view = Int32Array.of(1, rank)
assert.deepEqual([...comm.scan(view)], [rank + 1, (rank * (rank + 1)) / 2])
const into = new Int32Array(2).fill(-7)
comm.exscanInto(view, into)
assert.deepEqual([...into], rank === 0 ? [-7, -7] : [rank, (rank * (rank - 1)) / 2])
comm.scanInto(MPI.IN_PLACE, view)
assert.deepEqual([...view], [rank + 1, (rank * (rank + 1)) / 2])

// Products of matrices do not commute.
type Matrix = [number, number, number, number]
const product = ([a, b, c, d]: Matrix, [e, f, g, h]: Matrix): Matrix => [
  a * e + b * g,
  a * f + b * h,
  c * e + d * g,
  c * f + d * h,
]
const matrixOf = (r: number): Matrix => [1, r + 1, r % 2, 1]
const upTo = (count: number): Matrix => [...Array(count).keys()].map(matrixOf).reduce(product)
assert.deepEqual(comm.scan(matrixOf(rank), product), upTo(rank + 1))
assert.deepEqual(comm.exscan(matrixOf(rank), product), rank === 0 ? undefined : upTo(rank))
