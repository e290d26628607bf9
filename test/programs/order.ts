// Messages of one sender do not overtake; tags select; wildcards take the earliest.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const next = (rank + 1) % size
const before = (rank + size - 1) % size

comm.send('first', next, 1)
comm.send('second', next, 1)
assert.equal(comm.recv(before, 1), 'first')
assert.equal(comm.recv(before, 1), 'second')

comm.send('one', next, 1)
comm.send('two', next, 2)
assert.equal(comm.recv(before, 2), 'two')
assert.equal(comm.recv(before, 1), 'one')

// A receive of any tag does not overtake an earlier message that it matches.
comm.send('a', next, 3)
comm.send('b', next, 4)
comm.send('c', next, 3)
assert.equal(comm.recv(before, 3), 'a')
assert.equal(comm.recv(before, MPI.ANY_TAG), 'b')
assert.equal(comm.recv(before, MPI.ANY_TAG), 'c')

// Posted receives match in posting order, also when a wildcard was posted first.
const wildcard = comm.irecv(before)
const exact = comm.irecv(before, 5)
comm.barrier()
comm.send('for the wildcard', next, 5)
comm.send('for the other', next, 5)
assert.equal(wildcard.wait(), 'for the wildcard')
assert.equal(exact.wait(), 'for the other')
