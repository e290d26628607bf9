// Agreements, communicators shrunk without a loss, and revocation: of calls that block, of requests, and of what comes later.
import assert from 'node:assert/strict'
import { MPI, type Comm } from 'mpirun-ts'

const world = MPI.COMM_WORLD
const { rank, size } = world

assert.equal(world.agree(true), true)
assert.equal(world.agree(rank !== size - 1), false)
const same = world.shrink()
assert.deepEqual(same.group.worldRanks, world.group.worldRanks)
assert.equal(same.allreduce(rank), (size * (size - 1)) / 2)

const turned = world.split(0, -rank) ?? assert.fail('no communicator')
assert.deepEqual(
  turned.shrink().allgather(rank),
  Array.from({ length: size }, (_, i) => size - 1 - i),
)

/** Rank 0 revokes while all others are in a call that needs it. */
const calls: Record<string, (comm: Comm) => unknown> = {
  recv: (comm) => comm.recv(0),
  recvInto: (comm) => comm.recvInto(new Float64Array(4), MPI.ANY_SOURCE, 3),
  probe: (comm) => comm.probe(0),
  mprobe: (comm) => comm.mprobe(),
  ssend: (comm) => comm.ssend('x', 0),
  send: (comm) => {
    const large = new Uint8Array(24 * 1024 * 1024)
    for (;;) comm.send(large, 0)
  },
  lent: (comm) => comm.ssend(MPI.alloc(Float64Array, 100_000), 0),
  sendrecv: (comm) => comm.sendrecv(1, 0, 0),
  messages: (comm) => [...comm.messages()],
  barrier: (comm) => comm.barrier(),
  allreduce: (comm) => comm.allreduce(1),
  allreduceInto: (comm) => comm.allreduceInto(MPI.IN_PLACE, new Float64Array(300_000)),
  bcast: (comm) => comm.bcast(undefined, 0),
  alltoall: (comm) => comm.alltoall(Array.from({ length: size }, (_, i) => 'long'.repeat(i * 1000))),
  alltoallInto: (comm) => comm.alltoallInto(new Float64Array(20_000 * size), new Float64Array(20_000 * size)),
  scatter: (comm) => comm.scatter(null, 0),
  scatterInto: (comm) => comm.scatterInto(null, new Float64Array(10), 0),
  gather: (comm) => {
    for (;;) comm.gather(rank, 0)
  },
  gatherInto: (comm) => {
    for (;;) comm.gatherInto(new Float64Array(100), null, 0)
  },
  reduceScatter: (comm) => comm.reduceScatter(new Float64Array(30_000 * size)),
  scan: (comm) => comm.scan(new Float64Array(30)),
  exscan: (comm) => comm.exscan(1),
  wait: (comm) => comm.irecv(0).wait(),
  waitAny: (comm) => MPI.waitAny([comm.irecv(0, 1), comm.irecv(0, 2)]),
  dup: (comm) => comm.dup(),
  createGroup: (comm) => comm.createGroup(comm.group),
}
for (const [name, call] of Object.entries(calls)) {
  const comm = world.dup()
  const pending = [comm.irecv(0, 77), comm.irecv(MPI.ANY_SOURCE, 78)]
  const outcomes = Promise.allSettled(pending)
  world.barrier()
  if (rank === 0) {
    // Sometimes when the others wait already, sometimes before.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Object.keys(calls).indexOf(name) % 3)
    comm.revoke()
  } else {
    assert.throws(() => call(comm), { code: 'ERR_REVOKED' }, name)
  }
  for (const outcome of await outcomes)
    assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'ERR_REVOKED')
  assert.throws(() => comm.barrier(), { code: 'ERR_REVOKED' })
  assert.throws(() => comm.isend(1, 0), { code: 'ERR_REVOKED' })
  // The world goes on, and what was taken for messages is given back.
  assert.equal(world.allreduce(1), size)
  const next = comm.shrink()
  assert.equal(next.allreduce(rank), (size * (size - 1)) / 2)
  assert.equal(comm.agree(true), true)
  next.free()
  comm.free()
}

const comm = world.dup()
const window = comm.createWindow(new Float64Array(4))
// Of the world: who is still in a barrier of `comm` would hear of the revocation there.
world.barrier()
if (rank === 0) comm.revoke()
assert.throws(
  () => {
    for (;;) {
      window.get(new Float64Array(1), 0)
      comm.iprobe()
    }
  },
  { code: 'ERR_REVOKED' },
)
assert.throws(() => world.agree(1 as unknown as boolean), { code: 'ERR_ARG' })
