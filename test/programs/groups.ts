// Groups, communicators of groups, of the ranks of a node, and what compare says of them.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const world = MPI.COMM_WORLD
const { rank, size, group } = world
const all = [...Array(size).keys()]

assert.deepEqual([group.size, group.rank], [size, rank])
assert.deepEqual(MPI.COMM_SELF.group.worldRanks, [rank])
const odds = group.incl(all.filter((one) => one % 2 === 1))
const evens = group.excl(odds.worldRanks)
assert.equal(evens.rank, rank % 2 === 0 ? rank / 2 : MPI.UNDEFINED)
assert.equal(evens.union(odds).compare(group), size < 3 ? MPI.IDENT : MPI.SIMILAR)
assert.equal(evens.intersection(odds).size, 0)
assert.deepEqual(odds.translate([...Array(odds.size).keys()], group), odds.worldRanks)

// Only members call it; those that are in none go on meanwhile.
if (rank % 2 === 0) {
  const comm = world.createGroup(evens) ?? assert.fail('no communicator')
  assert.deepEqual(comm.allgather(rank), evens.worldRanks)
  assert.equal(comm.group.compare(evens), MPI.IDENT)
  comm.free()
} else {
  assert.equal(world.createGroup(evens), null)
}
world.barrier()

// A chain of pairs: each rank but the ends is in two groups, whose calls overlap.
const pairs = all.slice(1).map((upper) => group.incl([upper, upper - 1]))
const mine = pairs.flatMap((pair, tag) => (pair.rank === MPI.UNDEFINED ? [] : [{ pair, tag }]))
if (rank % 2 === 0) mine.reverse()
const requests = mine.map(({ pair, tag }) => world.icreateGroup(pair, tag))
for (const [i, comm] of MPI.waitAll(requests).entries()) {
  const { pair } = mine[i] ?? assert.fail('no pair')
  assert.deepEqual([comm?.size, comm?.rank], [2, pair.rank])
}

// A group of a communicator of a group, its ranks turned round.
const reversed = world.createGroup(group.incl([...all].reverse())) ?? assert.fail('no communicator')
assert.equal(world.compare(reversed), size === 1 ? MPI.CONGRUENT : MPI.SIMILAR)
assert.equal(reversed.compare(reversed.dup()), MPI.CONGRUENT)
const upper = reversed.createGroup(reversed.group.rangeIncl([[0, size - 1, 2]]))
assert.equal(upper === null, (size - 1 - rank) % 2 === 1)
if (upper !== null) assert.equal(upper.bcast(rank), size - 1)

const node = world.splitType('node') ?? assert.fail('no communicator')
assert.ok(node.allgather(MPI.nodeId).every((id) => id === MPI.nodeId))
const nodes = new Set(world.allgather(MPI.nodeId))
assert.equal(nodes.size, MPI.nodeCount)
assert.equal(world.allreduce(node.rank === 0 ? 1 : 0), MPI.nodeCount)
assert.equal(world.splitType('node', -rank)?.rank, node.size - 1 - node.rank)
assert.equal(world.splitType(MPI.UNDEFINED), null)
assert.throws(() => world.splitType('core' as 'node'), { code: 'ERR_ARG' })
if (size > 1) assert.throws(() => MPI.COMM_SELF.createGroup(group), { code: 'ERR_GROUP' })
assert.throws(() => world.createGroup([0] as never), { code: 'ERR_GROUP' })
assert.throws(() => world.free(), { code: 'ERR_COMM' })
