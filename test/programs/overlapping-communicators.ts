// Collectives on communicators that share ranks, started in different orders by different ranks; user messages with tag 0 among them.
import assert from 'node:assert/strict'
import { type Comm, MPI, type Request } from 'mpirun-ts'

const world = MPI.COMM_WORLD
const { rank, size } = world
const copy = world.dup()
const half = world.split(rank % 2) ?? assert.fail('no communicator')
// Neighbours that overlap with both halves.
const pair = world.split(Math.floor(rank / 2)) ?? assert.fail('no communicator')
const comms: readonly Comm[] = [world, copy, half, pair]

for (let round = 0; round < 10; round += 1) {
  const order = [0, 1, 2, 3].map((i) => (i * (rank % 2 === 0 ? 1 : 3) + rank + round) % 4)
  const requests = new Map<Comm, { sum: Request<number>; words: Request<string[]>; barrier: Request<void> }>()
  for (const at of order) {
    const comm = comms[at] ?? assert.fail()
    requests.set(comm, {
      sum: comm.iallreduce(round + 1),
      words: comm.iallgather(`${comm.rank}`),
      barrier: comm.ibarrier(),
    })
  }
  for (const [comm, { sum, words, barrier }] of [...requests].reverse()) {
    assert.equal(await sum, (round + 1) * comm.size)
    assert.deepEqual(await words, [...Array(comm.size).keys()].map(String))
    barrier.wait()
  }
}

// Messages with tag 0 under way while collectives of the same communicator come and go.
const next = (rank + 1) % size
const before = (rank + size - 1) % size
for (let i = 0; i < 50; i += 1) {
  world.send(`user ${i}`, next)
  assert.equal(world.bcast(rank === i % size ? i : undefined, i % size), i)
  assert.equal(world.allreduce(1), size)
  if (i % 2 === 1) for (const j of [i - 1, i]) assert.equal(world.recv(before), `user ${j}`)
}
assert.equal(world.iprobe(), null)

// A communicator may be given back while its requests are under way.
const late = world.dup()
const received = late.irecv<string>(before, 1)
const sum = late.iallreduce(rank)
const sent = late.isend('after free', next, 1)
late.free()
assert.throws(() => late.send(1, next), { code: 'ERR_COMM' })
assert.equal(received.wait(), 'after free')
assert.equal(sum.wait(), (size * (size - 1)) / 2)
sent.wait()
for (const comm of [copy, pair, half]) comm.free()
