// A view that is too short or of another type: an error, and the next message is intact.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const next = (comm.rank + 1) % comm.size
const before = (comm.rank + comm.size - 1) % comm.size

comm.send(Float64Array.of(1, 2, 3, 4), next)
comm.send('intact', next)
const short = new Float64Array(2)
assert.throws(() => comm.recvInto(short, before), { code: 'ERR_TRUNCATE', rank: comm.rank, call: 'recvInto' })
assert.deepEqual([...short], [1, 2])
assert.equal(comm.recv(before), 'intact')

comm.send(Float64Array.of(1), next)
comm.send({ a: 1 }, next)
comm.send(Int32Array.of(7), next)
assert.throws(() => comm.recvInto(new Int32Array(4), before), { code: 'ERR_TYPE' })
assert.throws(() => comm.recvInto(new Int32Array(4), before), { code: 'ERR_TYPE' })
const view = new Int32Array(1)
comm.recvInto(view, before)
assert.equal(view[0], 7)

// Large enough to arrive in several parts.
comm.send(new Uint8Array(3_000_000).fill(9), next)
comm.send('still intact', next)
const part = new Uint8Array(1_000_000)
assert.throws(() => comm.recvInto(part, before), { code: 'ERR_TRUNCATE' })
assert.ok(part.every((x) => x === 9))
assert.equal(comm.recv(before), 'still intact')
