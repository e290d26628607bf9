// Messages of a rank to itself.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank } = comm

const posted = comm.irecv(rank, 1)
comm.send('posted first', rank, 1)
assert.equal(posted.wait(), 'posted first')

const send = comm.isend([1, 2, 3], rank, 2)
assert.deepEqual(comm.recv(rank, 2), [1, 2, 3])
send.wait()

// Buffered: a blocking send of 1 MiB to oneself does not hang.
const big = new Float64Array(2 ** 17).fill(rank)
comm.send(big, rank, 3)
big.fill(-1)
assert.equal(comm.recv<Float64Array>(rank, 3)[2 ** 17 - 1], rank)

const synchronous = comm.issend('matched', rank, 4)
assert.equal(synchronous.test().done, false)
assert.equal(comm.recv(rank, 4), 'matched')
synchronous.wait()

assert.equal(MPI.COMM_SELF.rank, 0)
assert.equal(MPI.COMM_SELF.size, 1)
assert.equal(MPI.COMM_SELF.allreduce(5), 5)
