// Many senders, one receiver with wildcards: the order of each sender is kept, and each is served.
import assert from 'node:assert/strict'
import { MPI, Status } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const COUNT = comm.size <= 4 ? 1000 : 300

if (comm.rank !== 0) {
  for (let i = 0; i < COUNT; i += 1) comm.send([comm.rank, i], 0, i % 3)
} else {
  const seen = new Array<number>(comm.size).fill(0)
  const status = new Status()
  for (let i = 0; i < COUNT * (comm.size - 1); i += 1) {
    const [from = 0, number] = comm.recv<number[]>(MPI.ANY_SOURCE, MPI.ANY_TAG, { status })
    assert.equal(status.source, from)
    assert.equal(number, seen[from])
    assert.equal(status.tag, (number ?? 0) % 3)
    seen[from] = (seen[from] ?? 0) + 1
  }
  for (let rank = 1; rank < comm.size; rank += 1) assert.equal(seen[rank], COUNT)
}
