// All ranks send large messages to each other by blocking sends before anybody receives.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
// 16 MiB between two ranks.
const LENGTH = comm.size === 2 ? 2 ** 21 : 250_000

for (let i = 1; i < comm.size; i += 1) {
  comm.send(new Float64Array(LENGTH).fill(comm.rank), (comm.rank + i) % comm.size)
}
const view = new Float64Array(LENGTH)
for (let i = 1; i < comm.size; i += 1) {
  const source = (comm.rank + comm.size - i) % comm.size
  assert.equal(comm.recvInto(view, source).count, LENGTH)
  assert.ok(view.every((x) => x === source))
}
