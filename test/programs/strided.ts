// Columns and parts of arrays: sent from where they lie, received into where they belong.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const [next, before] = [(rank + 1) % size, (rank + size - 1) % size]

for (const [rows, columns] of [
  [1, 1],
  [3, 5],
  [700, 300],
] as const) {
  const matrix = Float64Array.from({ length: rows * columns }, (_, i) => rank * 1e6 + i)
  const column = (of: Float64Array, at: number) => MPI.vector(of, { count: rows, stride: columns, offset: at })
  const wanted = Float64Array.from({ length: rows }, (_, i) => before * 1e6 + i * columns + columns - 1)
  comm.send(column(matrix, columns - 1), next)
  assert.deepEqual(comm.recv(before), wanted)
  const copy = new Float64Array(rows * columns).fill(-1)
  const status = comm.sendrecvInto(column(matrix, columns - 1), next, column(copy, 0), before)
  assert.equal(status.count, rows)
  assert.ok(copy.every((x, i) => x === (i % columns === 0 ? wanted[i / columns] : -1)))

  // The inner part of a field with a border, sent as it lies, received one element behind the other, and the other way round.
  const field = Float32Array.from({ length: (rows + 2) * (columns + 2) }, (_, i) => rank + i)
  const inner = MPI.subarray(field, { sizes: [rows + 2, columns + 2], subsizes: [rows, columns], starts: [1, 1] })
  const packed = new Float32Array(rows * columns)
  await comm.isendrecvInto(inner, next, packed, before)
  assert.ok(packed.every((x, i) => x === before + (Math.floor(i / columns) + 1) * (columns + 2) + (i % columns) + 1))
  comm.sendrecvInto(packed, before, inner, next)
  assert.deepEqual(
    inner.pack(),
    inner.pack().map((_, i) => rank + (Math.floor(i / columns) + 1) * (columns + 2) + (i % columns) + 1),
  )
}
