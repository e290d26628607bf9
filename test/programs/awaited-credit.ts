// Awaited messages that are longer than what may be on its way between two nodes: each needs credit to come back, which is all that comes.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const next = (comm.rank + 1) % comm.size
const before = (comm.rank + comm.size - 1) % comm.size
const ROUNDS = 8

const view = new Float64Array(700_000).fill(comm.rank)
for (let round = 1; round <= ROUNDS; round += 1) {
  await comm.isendrecvReplace(view, next, before)
  const from = (((comm.rank - round) % comm.size) + comm.size) % comm.size
  assert.ok(view.every((x) => x === from))
}
