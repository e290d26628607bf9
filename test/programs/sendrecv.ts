// sendrecv around a ring, of values and of views, small and large.
import assert from 'node:assert/strict'
import { MPI, Status } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const next = (comm.rank + 1) % comm.size
const before = (comm.rank + comm.size - 1) % comm.size

let token: unknown = comm.rank
for (let i = 0; i < comm.size; i += 1) token = comm.sendrecv(token, next, before)
assert.equal(token, comm.rank)

for (const length of [0, 1, 1000, 300_000]) {
  const out = new Int32Array(length).fill(comm.rank)
  const into = new Int32Array(length).fill(-1)
  const status = comm.sendrecvInto(out, next, into, before, { sendTag: 7, recvTag: 7 })
  assert.equal(status.source, before)
  assert.equal(status.count, length)
  assert.ok(into.every((x) => x === before))
}
for (const length of [1, 300_000]) {
  const view = new Float64Array(length).fill(comm.rank)
  for (let i = 1; i <= comm.size; i += 1) {
    const got = i % 2 === 0 ? comm.sendrecvReplace(view, next, before) : await comm.isendrecvReplace(view, next, before)
    assert.deepEqual([got.source, got.count], [before, length])
    assert.ok(view.every((x) => x === (comm.rank - i + comm.size) % comm.size))
  }
  comm.sendrecvReplace(view, MPI.PROC_NULL, MPI.PROC_NULL)
  assert.ok(view.every((x) => x === comm.rank))
}
assert.throws(() => comm.sendrecvReplace([1] as never, next, before), { code: 'ERR_TYPE' })
const shared = new Int32Array(10)
assert.throws(() => comm.sendrecvInto(shared.subarray(0, 6), next, shared.subarray(5), before), { code: 'ERR_BUFFER' })

const status = new Status()
assert.equal(comm.sendrecv('x', next, before, { sendTag: 2, status }), 'x')
assert.equal(status.tag, 2)
assert.equal(await comm.isendrecv(comm.rank, next, before), before)
