// Heat spreads over a field that is cut in rows of blocks: with halos from the neighbours every rank gets what one rank alone gets.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const world = MPI.COMM_WORLD
const WIDTH = 24
const STEPS = 10

/** One step on a field of rows × columns with a border of one cell on each side. */
function step(field: Float64Array, rows: number, columns: number): Float64Array {
  const width = columns + 2
  const next = field.slice()
  for (let i = 1; i <= rows; i += 1) {
    for (let j = 1; j <= columns; j += 1) {
      const at = i * width + j
      const around = (field[at - width] ?? 0) + (field[at + width] ?? 0) + (field[at - 1] ?? 0) + (field[at + 1] ?? 0)
      next[at] = 0.5 * (field[at] ?? 0) + 0.125 * around
    }
  }
  return next
}

const start = (i: number, j: number): number => ((i * 31 + j * 17) % 23) / 23

/** The whole field, by one rank: rows wrap around, columns end in zeros. */
function alone(rows: number, columns: number): Float64Array {
  const width = columns + 2
  let field: Float64Array = new Float64Array((rows + 2) * width)
  for (let i = 0; i < rows; i += 1) for (let j = 0; j < columns; j += 1) field[(i + 1) * width + j + 1] = start(i, j)
  for (let n = 0; n < STEPS; n += 1) {
    field.copyWithin(0, rows * width, (rows + 1) * width)
    field.copyWithin((rows + 1) * width, width, 2 * width)
    field = step(field, rows, columns)
  }
  return field
}

const grid = world.cart({ dims: MPI.dims(world.size, 2), periods: [true, false] }) ?? assert.fail('no grid')
const [gridRows = 1, gridColumns = 1] = grid.dims
const [row = 0, column = 0] = grid.coords
const [rows, columns] = [WIDTH, WIDTH]
const width = columns + 2
let field: Float64Array = new Float64Array((rows + 2) * width)
for (let i = 0; i < rows; i += 1) {
  for (let j = 0; j < columns; j += 1) field[(i + 1) * width + j + 1] = start(row * rows + i, column * columns + j)
}

/** The inner cells of a column of the block. */
const columnOf = (j: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => field[(i + 1) * width + j] ?? 0)
const rowOf = (i: number): Float64Array => field.slice(i * width + 1, i * width + 1 + columns)

for (let n = 0; n < STEPS; n += 1) {
  const edges = [rowOf(1), rowOf(rows), columnOf(1), columnOf(columns)]
  const [above, below, left, right] = grid.neighborAlltoall<Float64Array>(edges)
  if (above !== undefined) field.set(above, 1)
  if (below !== undefined) field.set(below, (rows + 1) * width + 1)
  for (let i = 0; i < rows; i += 1) {
    if (left !== undefined) field[(i + 1) * width] = left[i] ?? 0
    if (right !== undefined) field[(i + 1) * width + columns + 1] = right[i] ?? 0
  }
  field = step(field, rows, columns)
}

const whole = alone(rows * gridRows, columns * gridColumns)
for (let i = 0; i < rows; i += 1) {
  const from = (row * rows + i + 1) * (columns * gridColumns + 2) + column * columns + 1
  assert.deepEqual(rowOf(i + 1), whole.slice(from, from + columns))
}
