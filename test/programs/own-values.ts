// What a rank gives to itself is a copy, as from the others, and is refused where it cannot travel: on every rank, whoever gave it.
import assert from 'node:assert/strict'
import { MPI, MPIError } from 'mpirun-ts'

const world = MPI.COMM_WORLD
const { rank, size } = world
const { COMM_SELF: self } = MPI
const own = { rank, list: [rank] }

const copies = [
  world.gather(own, 0)?.[rank],
  world.allgather(own)[rank],
  world.alltoall(new Array<object>(size).fill(own))[rank],
  self.gather(own)?.[0],
  self.allgather(own)[0],
  self.alltoall([own])[0],
  self.scatter([own]),
]
for (const copy of copies) {
  if (copy === undefined) continue
  assert.deepEqual(copy, own)
  assert.notEqual(copy, own)
}

/** A call with a function of the last rank is ERR_TYPE there, for itself too. */
function refuses(call: (x: unknown) => unknown): void {
  assert.throws(
    () => call(() => 1),
    (error) => error instanceof MPIError && error.code === 'ERR_TYPE',
  )
}
refuses((x) => self.gather(x))
refuses((x) => self.allgather(x))
refuses((x) => self.alltoall([x]))
refuses((x) => self.scatter([x]))
refuses((x) => self.bcast(x))
const isGiver = rank === size - 1
for (const call of [
  (comm: typeof world, x: unknown) => comm.allgather(x),
  // Only what the giver gives to itself cannot travel.
  (comm: typeof world, x: unknown) => comm.alltoall(Array.from({ length: size }, (_, to) => (to === rank ? x : to))),
]) {
  const comm = world.dup()
  assert.throws(
    () => {
      call(comm, isGiver ? () => 1 : 1)
      comm.barrier()
    },
    (error) => error instanceof MPIError && error.code === 'ERR_TYPE',
  )
  world.barrier()
  comm.free()
}
