// Collectives of every way that they take: in a slot of shared memory, in pieces, of more pieces than fit at once, by messages.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm

/** Whether block after block of `length` elements is filled with what `valueOf` says of it; compares bytes, which is quicker than element by element. */
function areFilled<T extends Uint8Array | Float64Array>(
  all: T,
  length: number,
  valueOf: (block: number) => number,
): boolean {
  const wanted = all.slice(0, length)
  const bytesOf = (view: T | Uint8Array | Float64Array): Uint8Array =>
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  for (let block = 0; block * length < all.length; block += 1) {
    const part = all.subarray(block * length, (block + 1) * length)
    if (Buffer.compare(bytesOf(part), bytesOf(wanted.fill(valueOf(block)))) !== 0) return false
  }
  return true
}

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
    areFilled(all, length, (of) => of + 1),
    `allgatherInto of ${length}`,
  )
  const values = comm.allgather(mine)
  assert.ok(values.every((value, of) => value.length === length && areFilled(value, length, () => of + 1)))
}

// Views in memory of MPI.alloc, which others copy where it is: short and long, seen before and new, on all ranks and on some; changed after each call.
for (const length of [100, 5000, 20_000, 140_000]) {
  const allocates = (of: number): boolean => length !== 5000 || of % 2 === 0
  const make = (of: number, count: number): Float64Array =>
    allocates(of) ? MPI.alloc(Float64Array, count) : new Float64Array(count)
  const view = make(rank, length)
  const [mine, all] = [make(rank, length), make(size - 1 - rank, length * size)]
  for (let i = 0; i < 12; i += 1) {
    const root = i % size
    view.fill(rank * 100 + i)
    comm.bcastInto(view, root)
    assert.ok(
      areFilled(view, length, () => root * 100 + i),
      `bcastInto of ${length} from ${root}`,
    )
    mine.fill(rank * 100 + i)
    comm.allgatherInto(mine, all)
    mine.fill(-1)
    assert.ok(
      areFilled(all, length, (of) => of * 100 + i),
      `allgatherInto of ${length}`,
    )
    const own = all.subarray(rank * length, (rank + 1) * length)
    own.fill(rank * 100 - i)
    comm.allgatherInto(MPI.IN_PLACE, all)
    assert.ok(
      areFilled(all, length, (of) => of * 100 - i),
      `allgatherInto of ${length} in place`,
    )
    all.fill(-1)
  }
}

// Some blocks are copied where they are, some pass through memory for pieces of which they need several, some fit a slot.
const lengths = Array.from({ length: size }, (_, of) => [30, 200_000, 9000, 150_000][of % 4] ?? 0)
const start = lengths.slice(0, rank).reduce((sum, length) => sum + length, 0)
const total = lengths.reduce((sum, length) => sum + length, 0)
for (let i = 0; i < 6; i += 1) {
  const mixed = (rank + i) % 3 === 0 ? MPI.alloc(Float64Array, total) : new Float64Array(total)
  mixed.fill(rank + i, start, start + (lengths[rank] ?? 0))
  comm.allgatherInto(MPI.IN_PLACE, mixed, { counts: lengths })
  let at = 0
  for (const [of, length] of lengths.entries()) {
    assert.ok(mixed.subarray(at, at + length).every((x) => x === of + i))
    at += length
  }
  mixed.fill(-1)
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
