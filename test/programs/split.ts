// split and dup: order by key, UNDEFINED, nested communicators, messages apart.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const world = MPI.COMM_WORLD
const { rank, size } = world

const parity = world.split(rank % 2) ?? assert.fail('no communicator')
assert.equal(parity.size, Math.ceil((size - (rank % 2)) / 2))
assert.equal(parity.rank, Math.floor(rank / 2))
const reversed = world.split(7, -rank) ?? assert.fail('no communicator')
assert.equal(reversed.rank, size - 1 - rank)
assert.equal(world.split(rank === 0 ? MPI.UNDEFINED : 1) === null, rank === 0)
const alone = world.split(rank) ?? assert.fail('no communicator')
assert.equal(alone.size, 1)
assert.throws(() => world.split(-1), { code: 'ERR_ARG' })

// The leader leaves the split early and sends on the new communicator before others have it.
for (let i = 0; i < 20; i += 1) {
  const comm = world.split(0) ?? assert.fail('no communicator')
  if (comm.rank === 0) for (let dest = 1; dest < size; dest += 1) comm.send(i, dest)
  else assert.equal(comm.recv(0), i)
  comm.free()
  assert.throws(() => comm.send(1, 0), { code: 'ERR_COMM' })
}

// Five levels, a ring on each; the same tag on all, without mixing.
let comm = world.dup()
const levels = []
for (let level = 0; level < 5; level += 1) {
  levels.push(comm)
  comm = comm.split(0, level % 2 === 0 ? -comm.rank : comm.rank) ?? assert.fail('no communicator')
}
const rings = levels.map((one, level) => ({ one, level, request: one.irecv((one.rank + 1) % one.size, 1) }))
for (const { one, level } of [...rings].reverse()) one.send([level, one.rank], (one.rank + one.size - 1) % one.size, 1)
// Given back in any order, while messages are on their way.
for (const at of [3, 0, 4]) levels[at]?.free()
for (const { one, level, request } of rings) assert.deepEqual(request.wait(), [level, (one.rank + 1) % one.size])
for (const at of [2, 1]) levels[at]?.free()

for (let i = 0; i < 300; i += 1) world.dup().free()
world.name = 'my world'
assert.throws(() => world.send(1, size), /my world/)
world.name = 'COMM_WORLD'
