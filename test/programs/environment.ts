// What belongs to the job: clocks, names, numbers of nodes, version.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
assert.ok(comm.rank >= 0 && comm.rank < comm.size)
assert.equal(comm.name, 'COMM_WORLD')
assert.equal(MPI.COMM_SELF.name, 'COMM_SELF')
assert.ok(MPI.processorName().length > 0)
assert.ok(MPI.nodeId >= 0 && MPI.nodeId < MPI.nodeCount)
assert.equal(comm.allreduce(MPI.nodeId, MPI.MAX), MPI.nodeCount - 1)
assert.match(MPI.version, /^\d+\.\d+\.\d+/)
assert.equal(MPI.TAG_UB, 2 ** 31 - 1)

// One epoch for all: what one rank reads before it sends, another does not read later (clocks of one machine).
const before = MPI.wtime()
comm.barrier()
const between = comm.allreduce(before, MPI.MAX)
comm.barrier()
const after = MPI.wtime()
assert.ok(after >= before)
if (MPI.nodeCount === 1) assert.ok(after >= between - 0.05)
assert.ok(after < 3600)
