// Two asynchronous tasks of one rank that probe for the same tag: with improbe no message is lost or received twice.
import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const next = (comm.rank + 1) % comm.size
const before = (comm.rank + comm.size - 1) % comm.size
const COUNT = 200

for (let i = 0; i < COUNT; i += 1) void comm.isend({ number: i, filler: 'x'.repeat((i * 997) % 5000) }, next, 3)

const received: number[] = []
async function task(): Promise<number> {
  let taken = 0
  while (received.length < COUNT) {
    const message = comm.improbe(before, 3)
    if (message !== null) {
      received.push(message.recv<{ number: number }>().number)
      taken += 1
    }
    await setImmediate()
  }
  return taken
}
const [one, other] = await Promise.all([task(), task()])
assert.deepEqual(received, [...Array(COUNT).keys()])
assert.equal(one + other, COUNT)
comm.barrier()
