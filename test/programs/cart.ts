// Grids: coordinates, shifts, slices, ranks beyond the grid, and what is refused.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const world = MPI.COMM_WORLD
const { rank, size } = world

const dims = MPI.dims(size, 2)
assert.equal((dims[0] ?? 0) * (dims[1] ?? 0), size)
const grid = world.cart({ dims, periods: [true, false] }) ?? assert.fail('no grid')
const [row = 0, column = 0] = grid.coords
const [rows = 0, columns = 0] = grid.dims
assert.equal(grid.rank, row * columns + column)
assert.equal(grid.rankOf([row - rows, column]), grid.rank)

const along = grid.shift(0, 2)
assert.equal(along.dest, ((row + 2) % rows) * columns + column)
assert.deepEqual(grid.shift(0, -2), { source: along.dest, dest: along.source })
const across = grid.shift(1)
assert.equal(across.source, column === 0 ? MPI.PROC_NULL : grid.rank - 1)
assert.equal(across.dest, column === columns - 1 ? MPI.PROC_NULL : grid.rank + 1)
assert.deepEqual(grid.shift(1, 0), { source: grid.rank, dest: grid.rank })
// Edges need no cases of their own: PROC_NULL gives undefined.
const left = grid.sendrecv(grid.rank, across.dest, across.source)
assert.equal(left, column === 0 ? undefined : grid.rank - 1)

const line = grid.sub([false, true])
// As in C and Python.
assert.deepEqual(grid.sub([0, 1] as never).dims, line.dims)
assert.deepEqual(line.dims, [columns])
assert.deepEqual(
  line.allgather(grid.rank),
  Array.from({ length: columns }, (_, i) => row * columns + i),
)
const pillar = grid.sub([true, false])
assert.deepEqual(pillar.periods, [true])
// A sum over rows and then over columns is one over all.
assert.equal(pillar.allreduce(line.allreduce(rank)), (size * (size - 1)) / 2)
const point = grid.sub([false, false])
assert.equal(point.size, 1)
assert.deepEqual(point.coords, [])

if (size > 1) {
  const smaller = world.cart({ dims: [size - 1] })
  assert.equal(smaller === null, rank === size - 1)
  assert.equal(smaller?.size, rank === size - 1 ? undefined : size - 1)
  smaller?.barrier()
  assert.throws(() => world.cart({ dims: [rank === 0 ? size : 1, 1] }), { code: 'ERR_COLLECTIVE_MISMATCH' })
}
assert.throws(() => world.cart({ dims: [size + 1] }), { code: 'ERR_DIMS' })
assert.throws(() => MPI.dims(size, [size + 1, 0]), { code: 'ERR_DIMS' })
assert.throws(() => grid.coordsOf(size), { code: 'ERR_RANK' })
const copy = grid.dup()
assert.deepEqual(copy.coords, grid.coords)
grid.free()
assert.throws(() => grid.neighborAllgather(1), { code: 'ERR_COMM' })
assert.deepEqual(copy.neighborAllgather(copy.rank).length, 4)

// A number of dimensions makes a grid that all ranks are in.
const balanced = world.cart(2)
assert.deepEqual(balanced.dims, MPI.dims(size, 2))
const wrapped = await world.icart({ dims: 3, periods: true })
assert.deepEqual(wrapped.dims, MPI.dims(size, 3))
assert.deepEqual(wrapped.periods, [true, true, true])
for (const wrong of [-1, 1.5, Number.NaN, undefined, '2']) {
  assert.throws(() => world.cart(wrong as never), { code: 'ERR_DIMS' })
  assert.throws(() => world.cart({ dims: wrong } as never), { code: 'ERR_DIMS' })
}
// On itself a rank is root of all, which the types know.
const mine: number[] = MPI.COMM_SELF.gather(rank)
const sum: number = MPI.COMM_SELF.reduce(rank) + MPI.COMM_SELF.cart({ dims: [1] }).size
assert.deepEqual([mine, sum], [[rank], rank + 1])
