// PROC_NULL: nothing is sent or received, at once.
import assert from 'node:assert/strict'
import { MPI, Status } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { PROC_NULL, ANY_TAG } = MPI
const nothing = { source: PROC_NULL, tag: ANY_TAG, count: 0 }
const seen = ({ source, tag, count }: Status): object => ({ source, tag, count })

// What nothing has been received into yet is empty, and not from nobody.
const empty = { source: MPI.ANY_SOURCE, tag: ANY_TAG, count: 0 }
assert.deepEqual(seen(new Status()), empty)
assert.deepEqual(seen(comm.isend('x', PROC_NULL).status), empty)

comm.send('x', PROC_NULL)
const status = new Status()
assert.equal(comm.recv(PROC_NULL, 3, { status }), undefined)
assert.deepEqual(seen(status), nothing)
assert.deepEqual(seen(comm.recvInto(new Int8Array(1), PROC_NULL)), nothing)
assert.deepEqual(seen(comm.probe(PROC_NULL)), nothing)
assert.equal(comm.sendrecv('x', PROC_NULL, PROC_NULL), undefined)
assert.equal(await comm.irecv(PROC_NULL), undefined)
await comm.isend('x', PROC_NULL)

// The ends of a line: the first rank has nobody before it, the last nobody behind.
const left = comm.rank === 0 ? PROC_NULL : comm.rank - 1
const right = comm.rank === comm.size - 1 ? PROC_NULL : comm.rank + 1
assert.equal(comm.sendrecv(comm.rank, right, left), left === PROC_NULL ? undefined : left)
