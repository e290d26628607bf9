// Shared windows among the ranks of each node: plain typed arrays in the same memory, with Atomics.
import assert from 'node:assert/strict'
import { MPI, MPIError, type Request, type SharedWindow } from 'mpirun-ts'

const world = MPI.COMM_WORLD
const comm = world.splitType('node')
assert.ok(comm !== null)
const { rank, size } = comm

// Ranks of other nodes are named before anything is done.
if (MPI.nodeCount > 1) {
  assert.throws(
    () => world.allocateShared(Int32Array, 1),
    (error) =>
      error instanceof MPIError && error.code === 'ERR_COMM' && /ranks? [\d, ]+ of COMM_WORLD/.test(error.message),
  )
}
world.barrier()

// A counter that all ranks add to.
const counter = comm.allocateShared(Int32Array, rank === 0 ? 1 : 0)
assert.equal(counter.view(0).length, 1)
assert.equal(counter.view().length, rank === 0 ? 1 : 0)
for (let i = 0; i < 1000; i += 1) Atomics.add(counter.view(0), 0, 1)
counter.fence()
assert.equal(counter.view(0)[0], 1000 * size)
counter.fence()

// A part for each rank, of a length of its own; everybody writes to everybody's.
const table = comm.allocateShared(Float64Array, 3 + rank)
for (let other = 0; other < size; other += 1) {
  const view = table.view(other)
  assert.equal(view.length, 3 + other)
  assert.equal(view.byteOffset % 64, 0)
  assert.ok(view instanceof Float64Array && view.buffer instanceof SharedArrayBuffer)
}
table.fence()
const mine = table.view()
for (let i = 0; i < mine.length; i += 1) mine[i] = 100 * rank + i
table.fence()
for (let other = 0; other < size; other += 1) {
  assert.deepEqual(
    [...table.view(other)],
    Array.from({ length: 3 + other }, (_, i) => 100 * other + i),
  )
}
table.fence()
const next = (rank + 1) % size
table.view(next)[0] = -rank
table.fence()
assert.equal(mine[0], -((rank + size - 1) % size))

// Waiting for another rank in shared memory.
const flags = comm.allocateShared(Int32Array, 1)
if (size > 1 && rank === 1) {
  Atomics.wait(flags.view(1), 0, 0)
  assert.equal(Atomics.load(flags.view(1), 0), 7)
} else if (size > 1 && rank === 0) {
  Atomics.store(flags.view(1), 0, 7)
  Atomics.notify(flags.view(1), 0)
}

// Every type, awaited, and mistakes.
const types = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array] as const
for (const type of types) {
  const request: Request<SharedWindow<InstanceType<typeof type>>> = comm.iallocateShared(type, 5)
  const parts = await request
  parts.view()[4] = rank
  parts.fence()
  assert.equal(parts.view(size - 1)[4], size - 1)
  parts.fence()
  parts.free()
}
const big = comm.allocateShared(BigInt64Array, 1)
Atomics.add(big.view(0), 0, 5n)
big.fence()
assert.equal(big.view(0)[0], 5n * BigInt(size))
assert.throws(() => big.view(size), { code: 'ERR_RANK' })
assert.throws(() => comm.allocateShared(Int32Array, -1), { code: 'ERR_COUNT' })
assert.throws(() => comm.allocateShared(DataView as never, 1), { code: 'ERR_TYPE' })
big.free()
assert.throws(() => big.view(0), { code: 'ERR_WIN' })
assert.throws(() => big.fence(), { code: 'ERR_WIN' })

// Types that differ.
if (size > 1) {
  const type = rank === 1 ? Float64Array : Int32Array
  assert.throws(() => comm.allocateShared(type, 1), { code: 'ERR_COLLECTIVE_MISMATCH' })
}
world.barrier()
