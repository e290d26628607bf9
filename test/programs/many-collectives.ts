// Many awaitable collectives under way on several communicators, started and awaited in different orders.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const world = MPI.COMM_WORLD
const { rank, size } = world
const comms = [world, world.dup(), world.split(0, -rank) ?? assert.fail('no communicator')]
const COUNT = 334

const requests: { wanted: number; request: PromiseLike<number> }[] = []
for (let i = 0; i < COUNT; i += 1) {
  const order = rank % 2 === 0 ? [0, 1, 2] : [2, 0, 1]
  for (const at of order) {
    const comm = comms[at] ?? assert.fail()
    requests.push({ wanted: size * (i + at), request: comm.iallreduce(i + at) })
  }
}
// User messages of the same communicator do not mix with them.
const message = world.irecv((rank + size - 1) % size, 0)
world.send('user', (rank + 1) % size, 0)
assert.equal(await message, 'user')
// Awaited in an order that is nobody else's.
const shuffled = requests.map((entry, i) => ({ ...entry, key: ((i + 1) * (rank + 7) * 7919) % 1009 }))
shuffled.sort((a, b) => a.key - b.key)
for (const { wanted, request } of shuffled) assert.equal(await request, wanted)

const barrier = world.ibarrier()
const sum = world.iallreduce(1)
assert.equal(sum.wait(), size)
barrier.wait()
