// Every rank floods every other one at once, more ranks than cores included; nobody waits for ever, and all is in order.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const others = [...Array(size).keys()].filter((other) => other !== rank)
const COUNT = 100

const views = others.map(() => Array.from({ length: COUNT }, () => new Int32Array(256)))
const requests = others.flatMap((other, at) => (views[at] ?? []).map((view) => comm.irecvInto(view, other, 1)))
for (let i = 0; i < COUNT; i += 1) {
  for (const other of others) void comm.isend(new Int32Array(256).fill(rank * COUNT + i), other, 1)
}
MPI.waitAll(requests)
for (const [at, other] of others.entries()) {
  for (const [i, view] of (views[at] ?? []).entries()) assert.ok(view.every((x) => x === other * COUNT + i))
}

// The same by blocking sends before any receive.
for (let i = 0; i < COUNT; i += 1) for (const other of others) comm.send([rank, i], other, 2)
for (const other of others) for (let i = 0; i < COUNT; i += 1) assert.deepEqual(comm.recv(other, 2), [other, i])
