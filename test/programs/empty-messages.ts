// Messages without content are messages, and keep their type.
import assert from 'node:assert/strict'
import { MPI, Status } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const next = (comm.rank + 1) % comm.size
const before = (comm.rank + comm.size - 1) % comm.size
const values = [undefined, null, '', 0, false, [], {}, new Float32Array(0), new BigInt64Array(0), new Map()]

for (const value of values) comm.send(value, next)
for (const value of values) {
  const status = new Status()
  assert.deepEqual(comm.recv(before, MPI.ANY_TAG, { status }), value)
  assert.equal(status.count, ArrayBuffer.isView(value) ? 0 : 1)
}
for (const value of values) assert.deepEqual(comm.bcast(comm.rank === 0 ? value : undefined), value)
assert.equal(comm.allreduce(new Float64Array(0)).length, 0)
