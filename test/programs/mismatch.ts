// Collectives that do not match fail on every rank, and name both calls.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'
import { expectMismatch } from '../support/expect-mismatch.ts'

const { size, rank } = MPI.COMM_WORLD

if (size > 1) {
  const isOdd = rank === size - 1
  expectMismatch([/barrier\(\)/, /allreduce\(op = SUM, type = number\)/], (comm) => {
    if (isOdd) comm.allreduce(1)
    else comm.barrier()
  })
  expectMismatch([/op = SUM/, /op = MAX/], (comm) => comm.allreduce(1, isOdd ? MPI.MAX : MPI.SUM))
  expectMismatch([/type = number/, /type = bigint/], (comm) => comm.allreduce<number | bigint>(isOdd ? 1n : 1))
  expectMismatch([/elements/], (comm) => comm.allreduce(new Float64Array(isOdd ? 5 : 4)))
  expectMismatch([/elements/], (comm) => comm.bcastInto(new Float64Array(isOdd ? 5 : 4)))
  expectMismatch([/Int32Array/, /Float64Array/], (comm) =>
    comm.bcastInto(isOdd ? new Int32Array(2) : new Float64Array(2)),
  )
  expectMismatch([], (comm) => comm.bcast(rank, isOdd ? size - 1 : 0))
  // Lengths that do not match, of views that fit a slot, a piece or neither, and roots.
  const lengthsOf = (short: number, long: number): number => (isOdd ? short : long)
  for (const [short, long] of [
    [1, 2],
    [8, 1000],
    [1000, 8],
    [20_000, 20_001],
  ] as const) {
    const length = lengthsOf(short, long)
    const blocks = (): Float64Array => new Float64Array(length * size)
    expectMismatch([/elements/], (comm) => comm.gatherInto(new Float64Array(length), rank === 0 ? blocks() : null))
    expectMismatch([/elements/], (comm) => comm.scatterInto(rank === 0 ? blocks() : null, new Float64Array(length)))
    expectMismatch([/elements/], (comm) => comm.alltoallInto(blocks(), blocks()))
    expectMismatch([/elements/], (comm) => comm.scanInto(new Float64Array(length), new Float64Array(length)))
    expectMismatch([/elements/], (comm) => comm.reduceScatterInto(blocks(), new Float64Array(length)))
  }
  // The same number of elements in all, in other blocks.
  const unequal = Array.from({ length: size }, (_, i) => (i === (isOdd ? 0 : 1) ? 2 : 1))
  expectMismatch([/elements/], (comm) => comm.reduceScatter(new Int32Array(size + 1), MPI.SUM, { counts: unequal }))
  expectMismatch([/op = SUM/, /op = MAX/], (comm) => comm.scan(1, isOdd ? MPI.MAX : MPI.SUM))
  expectMismatch([], (comm) => comm.gather(rank, isOdd ? size - 1 : 0))
  expectMismatch([], (comm) => comm.scatter(Array.from({ length: size }, String), isOdd ? size - 1 : 0))
  expectMismatch([/alltoall\(\)/, /gather\(root = 0\)/], (comm) => {
    if (isOdd) comm.gather(1)
    else comm.alltoall(Array.from({ length: size }, String))
  })
  // The blocking call of one node is made in shared memory, the awaitable one of messages; between nodes both are.
  if (MPI.nodeCount === 1) {
    expectMismatch([/barrier\(\)/], (comm) => {
      if (isOdd) comm.ibarrier().wait()
      else comm.barrier()
    })
  }
  // One of them fits a slot of shared memory, or a piece, the other does not.
  for (const lengths of [
    [8, 1000],
    [1000, 1001],
    [50_000, 60_000],
  ]) {
    // Other programs of the job may have taken the node's memory; see below.
    expectMismatch([/elements|of different lengths/], (comm) =>
      comm.allreduce(new Float64Array(lengths[isOdd ? 1 : 0] ?? 0)),
    )
  }
  // Where other communicators have all the memory of the node, what does not fit a slot travels in messages: then no rank knows the other's length.
  // The first of these take pieces, the others what is left for wide slots.
  const others = Array.from({ length: Math.ceil(128 / size) + 16 }, () => MPI.COMM_WORLD.dup())
  for (const [i, other] of others.entries()) {
    const length = i <= 128 / size ? 8193 : 100
    assert.equal(other.allreduce(new Float64Array(length).fill(1))[length - 1], size)
  }
  for (const lengths of [
    [8, 1000],
    [1000, 8],
    [1000, 1001],
  ]) {
    expectMismatch([/elements|of different lengths/], (comm) =>
      comm.allreduce(new Float64Array(lengths[isOdd ? 1 : 0] ?? 0)),
    )
  }
  for (const other of others) other.free()
  expectMismatch([/op = SUM/, /op = a function/], (comm) => {
    comm.allreduce(new Int32Array(1000), isOdd ? (x: number, y: number) => x + y : MPI.SUM)
  })
  // After a failure the communicator still works.
  const comm = MPI.COMM_WORLD.dup()
  for (let i = 0; i < 5; i += 1) {
    assert.throws(() => comm.allreduce(new Float64Array(isOdd ? 5 : 4)), /ERR_COLLECTIVE_MISMATCH|elements/)
    MPI.COMM_WORLD.barrier()
    assert.equal(comm.allreduce(1), size)
    assert.throws(() => comm.alltoallInto(new Float64Array((isOdd ? 5 : 4) * size), new Float64Array(4 * size)))
    MPI.COMM_WORLD.barrier()
    assert.deepEqual(comm.alltoall(Array.from({ length: size }, () => rank)), [...Array(size).keys()])
  }
  comm.free()
}
