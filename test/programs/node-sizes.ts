// Collectives of every way that they take: in a slot of shared memory, in pieces, of more pieces than fit at once, by messages.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm

for (const length of [0, 1, 424, 425, 70_000, 600_001]) {
  for (const root of new Set([0, size - 1])) {
    const view = new Uint8Array(length).map((_, i) => (rank === root ? i + length : 0))
    comm.bcastInto(view, root)
    assert.ok(
      view.every((x, i) => x === ((i + length) & 255)),
      `bcastInto of ${length} from ${root}`,
    )
    const text = rank === root ? 'x'.repeat(length) : undefined
    assert.equal(comm.bcast(text, root), 'x'.repeat(length))
  }
  const mine = new Uint8Array(length).fill(rank + 1)
  const all = new Uint8Array(length * size)
  comm.allgatherInto(mine, all)
  assert.ok(
    all.every((x, i) => x === Math.floor(i / length) + 1),
    `allgatherInto of ${length}`,
  )
  const values = comm.allgather(mine)
  assert.ok(values.every((value, of) => value.length === length && value.every((x) => x === of + 1)))
}

// Blocks of different lengths, of which some fit a slot and some do not.
const counts = Array.from({ length: size }, (_, of) => of * 300)
const blocks = new Int32Array(counts.reduce((sum, count) => sum + count, 0))
comm.allgatherInto(new Int32Array(rank * 300).fill(rank), blocks, { counts })
assert.deepEqual(
  [...blocks],
  counts.flatMap((count, of) => Array.from({ length: count }, () => of)),
)
assert.deepEqual(
  comm.allgather('x'.repeat(rank * 300)),
  Array.from({ length: size }, (_, of) => 'x'.repeat(of * 300)),
)

// Root runs ahead of the others, and each call has its own value.
for (let i = 0; i < 200; i += 1) {
  assert.equal(comm.bcast(rank === i % size ? i : undefined, i % size), i)
  const sum = comm.reduce(i + rank, MPI.SUM, i % size)
  assert.equal(sum, rank === i % size ? size * i + (size * (size - 1)) / 2 : undefined)
}
