// Thousands of messages under way, received in reverse order of their tags.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const next = (comm.rank + 1) % comm.size
const before = (comm.rank + comm.size - 1) % comm.size
const COUNT = comm.size <= 2 ? 10_000 : 2000

const block = new Uint32Array(256)
const sends = []
for (let tag = 0; tag < COUNT; tag += 1) {
  block.fill(tag)
  sends.push(comm.isend(block, next, tag))
}
const into = new Uint32Array(256)
for (let tag = COUNT - 1; tag >= 0; tag -= 1) {
  comm.recvInto(into, before, tag)
  assert.equal(into[0], tag)
  assert.equal(into[255], tag)
}
MPI.waitAll(sends)
