// MPI.vector, MPI.subarray and MPI.indexed stand wherever a view may stand: each call gives what it gives for the packed elements.
import assert from 'node:assert/strict'
import { MPI, type Strided } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const [next, before] = [(rank + 1) % size, (rank + size - 1) % size]
const own = comm.split(rank)
assert.ok(own !== null)

/** Elements of a view of `length` threes: every third one, a column of a plane, and blocks in another order. */
const shapes: Record<string, (view: Float64Array, length: number) => Strided<Float64Array>> = {
  vector: (view, length) => MPI.vector(view, { count: length, stride: 3, offset: 1 }),
  subarray: (view, length) => MPI.subarray(view, { sizes: [length, 3], subsizes: [length, 1], starts: [0, 2] }),
  indexed: (view, length) => {
    const displacements = Array.from({ length }, (_, i) => 3 * (length - 1 - i))
    return MPI.indexed(view, { blockLengths: displacements.map(() => 1), displacements })
  },
}
const field = (length: number): Float64Array => Float64Array.from({ length: 3 * length }, (_, i) => rank * 1000 + i)

for (const make of Object.values(shapes)) {
  /** Runs a call once with packed views and once with elements apart, which must leave the same and touch nothing beside. */
  const same = (sent: number, got: number, call: (send: never, recv: never) => unknown): void => {
    const [from, to] = [field(sent), field(got)]
    const [send, recv] = [make(from, sent), make(to, got)]
    const [packedSend, packedRecv] = [send.pack(), recv.pack()]
    const wanted = call(packedSend as never, packedRecv as never)
    const untouched = to.slice()
    const result = call(send as never, recv as never)
    if (!(result instanceof Object && 'wait' in result)) assert.deepEqual(result, wanted)
    assert.deepEqual(recv.pack(), packedRecv)
    make(untouched, got).unpack(packedRecv)
    assert.deepEqual(to, untouched)
  }
  const counts = Array.from({ length: size }, (_, i) => i + 1)
  const all = counts.reduce((sum, count) => sum + count, 0)
  same(1, 4, (_, view) => comm.bcastInto(view, size - 1))
  same(1, 4, (_, view) => comm.ibcastInto(view).wait())
  same(2 * size, 2, (send, recv) => comm.scatterInto(send, recv, size - 1))
  same(all, rank + 1, (send, recv) => comm.scatterInto(send, recv, 0, { counts }))
  same(2, 2 * size, (send, recv) => comm.gatherInto(send, recv))
  same(rank + 1, all + 2, (send, recv) => comm.gatherInto(send, recv, 0, { counts }))
  same(2, 2 * size, (send, recv) => comm.allgatherInto(send, recv))
  same(rank + 1, all, (send, recv) => comm.iallgatherInto(send, recv, { counts }).wait())
  same(2 * size, 2 * size, (send, recv) => comm.alltoallInto(send, recv))
  same(2 * size, 2 * size, (send, recv) => comm.ialltoallInto(send, recv).wait())
  same(3, 3, (send, recv) => comm.reduceInto(send, recv, MPI.SUM, size - 1))
  same(3, 3, (send, recv) => comm.allreduceInto(send, recv))
  same(3, 3, (_, recv) => comm.allreduceInto(MPI.IN_PLACE, recv, MPI.MAX))
  same(3, 3, (send, recv) => comm.iallreduceInto(send, recv, MPI.MAX).wait())
  same(3, 3, (send, recv) => comm.scanInto(send, recv))
  same(3, 3, (send, recv) => comm.exscanInto(send, recv))
  same(2 * size, 2, (send, recv) => comm.reduceScatterInto(send, recv))
  same(2, 3, (send, recv) => comm.sendrecvInto(send, next, recv, before))
  same(2, 2, (_, view) => comm.sendrecvReplace(view, next, before))
  same(2, 3, (send, recv) => {
    comm.send(send, next)
    return comm.mprobe(before).recvInto(recv)
  })
  // In value form they are the view that they would travel as.
  same(2, 1, (send) => comm.bcast(rank === 0 ? send : null))
  same(2, 1, (send) => comm.gather(send))
  same(2, 1, (send) => comm.allgather(send))
  same(2, 1, (send) => comm.allreduce(send))
  same(2, 1, (send) => comm.reduce(send, MPI.MIN))
  same(2, 1, (send) => comm.scan(send))
  same(2, 1, (send) => comm.exscan(send))
  same(2 * size, 1, (send) => comm.scatter(send))
  same(2 * size, 1, (send) => comm.alltoall(send))
  same(2 * size, 1, (send) => comm.reduceScatter(send))
  same(2, 1, (send) => comm.sendrecv(send, next, before))

  const grid = comm.cart({ dims: [size], periods: true })
  assert.ok(grid !== null)
  same(2, 4, (send, recv) => grid.neighborAllgatherInto(send, recv))
  same(4, 4, (send, recv) => grid.neighborAlltoallInto(send, recv))

  const window = own.createWindow(new Float64Array(8))
  same(2, 3, (send, recv) => {
    window.put(new Float64Array(8), 0)
    window.put(send, 0, 1)
    window.accumulate(send, 0, 2)
    window.get(recv, 0, 1)
  })
  window.free()
  comm.barrier()
}

// Everybody gets the same of a broadcast, root too.
const root = comm.bcast(rank === 0 ? MPI.vector(Int32Array.of(1, 2, 3, 4), { count: 2, stride: 2 }) : null)
assert.deepEqual(root, Int32Array.of(1, 3))

const into = new Int16Array(5)
const part = MPI.vector(Int16Array.of(1, 2, 3, 4), { count: 2, stride: 2 })
assert.equal(part.pack(into), into)
assert.deepEqual(into, Int16Array.of(1, 3, 0, 0, 0))
assert.throws(() => part.pack(new Int16Array(1)), { code: 'ERR_COUNT' })
assert.throws(() => part.pack(new Int8Array(2) as never), { code: 'ERR_TYPE' })
assert.throws(() => MPI.indexed(into, { blockLengths: [2], displacements: [4] }), {
  code: 'ERR_COUNT',
  call: 'indexed',
})
assert.throws(() => MPI.indexed(into, { blockLengths: [2], displacements: [] }), { code: 'ERR_ARG' })
assert.throws(() => MPI.indexed(into, { blockLengths: [1], displacements: [-1] }), { code: 'ERR_ARG' })

// Calls that are local, or give values.
for (const make of Object.values(shapes)) {
  const ring = comm.cart({ dims: [size], periods: true })
  assert.ok(ring !== null)
  const [send, recv] = [make(field(2), 2), make(field(2), 2)]
  assert.deepEqual(ring.neighborAlltoall(send), ring.neighborAlltoall(send.pack()))
  assert.deepEqual(ring.ineighborAlltoall(send).wait(), ring.neighborAlltoall(send.pack()))
  const sums = MPI.reduceLocal(send.pack(), recv.pack())
  assert.deepEqual(MPI.reduceLocal(send, recv) as unknown, sums)
  MPI.reduceLocalInto(send, recv)
  assert.deepEqual(recv.pack(), sums)
}
