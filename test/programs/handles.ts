// What windows, grids, messages and communicators tell of themselves, and their awaitable calls.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const [next, before] = [(rank + 1) % size, (rank + size - 1) % size]

// Messages that a probe has taken.
const into = new Int32Array(2)
comm.send({ from: rank }, next, 1)
comm.send(Int32Array.of(rank, 7), next, 2)
comm.send(Int32Array.of(rank, 8), next, 3)
const [value, view, strided] = [comm.mprobe(before, 1), comm.mprobe(before, 2), comm.mprobe(before, 3)]
assert.deepEqual(await strided.irecvInto(MPI.vector(into, { count: 2, stride: 1 })), strided.status)
assert.deepEqual(into, Int32Array.of(before, 8))
assert.equal(view.irecvInto(into).wait().count, 2)
assert.deepEqual(into, Int32Array.of(before, 7))
assert.deepEqual(await value.irecv(), { from: before })
assert.throws(() => value.irecv(), { code: 'ERR_ARG', call: 'Message.irecv' })
assert.equal(await comm.mprobe(MPI.PROC_NULL).irecv(), undefined)

// Neighbours of a grid.
const grid = comm.cart({ dims: [size], periods: false })
assert.deepEqual(grid?.inNeighbors, [
  rank === 0 ? MPI.PROC_NULL : rank - 1,
  rank === size - 1 ? MPI.PROC_NULL : rank + 1,
])
assert.deepEqual(grid?.outNeighbors, grid?.inNeighbors)

// Windows.
const window = comm.createWindow(new Float64Array(1))
assert.equal(window.name, 'a window of COMM_WORLD')
window.name = 'energies'
assert.deepEqual([window.group.size, window.group.rank], [size, rank])
window.lockAll()
window.accumulate(Float64Array.of(1), 0)
window.flushLocal(0)
window.flushLocal()
assert.throws(() => window.flushLocal(size), { code: 'ERR_RANK' })
window.flush()
window.unlockAll()
assert.throws(() => window.unlockAll(), { code: 'ERR_RMA_SYNC' })
window.fence()
const sum = new Float64Array(1)
window.get(sum, 0)
assert.equal(sum[0], size)
window.free()
assert.throws(() => window.put(sum, 0), { code: 'ERR_WIN', message: 'Window.put: energies has been freed' })

const node = comm.splitType('node')
const shared = node?.allocateShared(Int32Array, 1)
assert.ok(node !== null && shared !== undefined)
assert.deepEqual([shared.name, shared.group.size], [`a shared window of ${node.name}`, node.size])
const mine = shared.view()
mine[0] = node.rank
await shared.ifence()
assert.equal(shared.view(node.size - 1)[0], node.size - 1)
shared.free()
assert.throws(() => shared.ifence(), { code: 'ERR_WIN' })

// Nobody is lost, and nothing is revoked.
assert.equal(comm.isRevoked, false)
assert.equal(comm.getFailed().size, 0)
assert.equal(comm.ackFailed(), 0)
const given = comm.dup()
// Of the world: who is still in a barrier of `given` would hear of the revocation there.
comm.barrier()
given.revoke()
assert.equal(given.isRevoked, true)
