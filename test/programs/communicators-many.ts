// A thousand communicators at once, used in different orders by different ranks; memory is flat when they are freed.
import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Comm, MPI } from 'mpirun-ts'

const world = MPI.COMM_WORLD
const { rank, size } = world
setFlagsFromString('--expose-gc')
// The flag makes it.
const collectGarbage = runInNewContext('gc') as () => void

/** Makes communicators in all ways, exchanges a message on each, in an order that differs between the ranks, and frees them. */
function round(count: number): void {
  const made: Comm[] = []
  for (let i = 0; i < count; i += 1) {
    const way = i % 4
    const comm =
      way === 0
        ? world.dup()
        : way === 1
          ? world.split(0, i % 8 < 4 ? rank : -rank)
          : way === 2
            ? world.createGroup(world.group)
            : world.cart({ dims: [size] })
    made.push(comm ?? assert.fail('no communicator'))
  }
  const order = made
    .map((comm, i) => ({ comm, i }))
    .sort((a, b) => ((a.i * (2 * rank + 1)) % count) - ((b.i * (2 * rank + 1)) % count))
  const heard = order.map(({ comm, i }) => ({ i, request: comm.irecv((comm.rank + 1) % size, 0) }))
  for (const { comm, i } of [...order].reverse()) comm.send(i, (comm.rank + size - 1) % size, 0)
  for (const { i, request } of heard) assert.equal(request.wait(), i)
  for (const { comm } of order) comm.free()
}

round(1000)
const heapOf = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}
round(200)
world.barrier()
const before = heapOf()
for (let i = 0; i < 5; i += 1) round(200)
for (let i = 0; i < 1000; i += 1) world.dup().free()
world.barrier()
const grown = heapOf() - before
assert.ok(grown < 5_000_000, `the heap has grown by ${grown} bytes`)
