// A program that only awaits stays alive until its messages have come; timers fire meanwhile.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const next = (comm.rank + 1) % comm.size
const before = (comm.rank + comm.size - 1) % comm.size
const COUNT = comm.size <= 3 ? 1000 : 200

let ticks = 0
const timer = setInterval(() => {
  ticks += 1
}, 1)
const received = Array.from({ length: COUNT }, (_, tag) => comm.irecv<number>(before, tag))
await sleep(20)
for (let tag = COUNT - 1; tag >= 0; tag -= 1) void comm.isend(tag * 2, next, tag)
const values = await Promise.all(received)
assert.deepEqual(
  values,
  Array.from({ length: COUNT }, (_, tag) => tag * 2),
)
assert.ok(ticks > 0)
clearInterval(timer)

// A blocking call moves what is awaited, and the other way round.
const awaited = comm.irecv<string>(before, 1000).then((value) => `${value} came`)
comm.send('it', next, 1000)
comm.barrier()
assert.equal(await awaited, 'it came')

// Nothing but this keeps the program alive.
const last = comm.irecv(before, 2000)
await sleep(comm.rank * 5)
await comm.isend('end', next, 2000)
assert.equal(await last, 'end')
