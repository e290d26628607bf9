// Messages out of and into memory of MPI.alloc: every length around the limit of loans, reuse after the request is done, all kinds of receivers.
import assert from 'node:assert/strict'
import { MPI, MPIError, Status } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const next = (rank + 1) % size
const before = (rank + size - 1) % size

const memory = MPI.alloc(Float64Array, 2 ** 15)
assert.ok(memory.buffer instanceof SharedArrayBuffer)
assert.equal(memory.byteOffset % 64, 0)
assert.ok(memory.every((x) => x === 0))
assert.throws(() => MPI.alloc(DataView as never, 1), { code: 'ERR_TYPE' })
assert.throws(() => MPI.alloc(Float64Array, -1), { code: 'ERR_COUNT' })

const valueAt = (i: number, from: number, round: number): number => i * 3 + from * 1000 + round
const fill = (view: Float64Array, round: number): void => {
  for (let i = 0; i < view.length; i += 1) view[i] = valueAt(i, rank, round)
}
const check = (view: Float64Array, from: number, round: number): void => {
  for (let i = 0; i < view.length; i += 1) {
    if (view[i] !== valueAt(i, from, round)) assert.fail(`round ${round}, element ${i}: ${view[i]}`)
  }
}

// Lengths from nothing to the whole, at an offset; the memory is used again as soon as the request is done.
const into = MPI.alloc(Float64Array, 2 ** 15)
for (const [round, length] of [0, 1, 100, 511, 512, 1023, 1024, 1025, 4096, 8192, 32_000].entries()) {
  const out = memory.subarray(7, 7 + length)
  fill(out, round)
  const request = comm.isend(out, next, round)
  if (round % 3 === 0) check(comm.recv<Float64Array>(before, round), before, round)
  else {
    const view = round % 3 === 1 ? into.subarray(3, 3 + length) : new Float64Array(length)
    assert.equal(comm.recvInto(view, before, round).count, length)
    check(view, before, round)
  }
  request.wait()
}

// A blocking send: what was given may be overwritten at once, whether or not the receiver has asked for it.
for (let round = 0; round < 8; round += 1) {
  fill(memory, round)
  comm.send(memory, next, round)
  memory.fill(-1)
}
for (const round of [7, 0, 1, 2, 6, 5, 4, 3]) check(comm.recv<Float64Array>(before, round), before, round)

// Order among loans, plain messages and values of one tag.
fill(memory, 50)
const mixed = [
  comm.isend(memory, next),
  comm.isend('word', next),
  comm.isend(new Float64Array(4000).fill(rank), next),
  comm.isend(memory.subarray(0, 2000), next),
]
check(comm.recv<Float64Array>(before), before, 50)
assert.equal(comm.recv(before), 'word')
assert.ok(comm.recv<Float64Array>(before).every((x) => x === before))
const probed = comm.probe(before)
assert.deepEqual([probed.count, probed.type, probed.source], [2000, 'Float64Array', before])
const taken = comm.mprobe(before)
check(taken.recv<Float64Array>(), before, 50)
MPI.waitAll(mixed)

// Too long, of another type, synchronous.
fill(memory, 60)
const wrong = [comm.isend(memory, next, 1), comm.isend(memory, next, 2), comm.issend(memory, next, 3)]
const short = new Float64Array(1000)
assert.throws(
  () => comm.recvInto(short, before, 1),
  (error) => error instanceof MPIError && error.code === 'ERR_TRUNCATE',
)
check(short, before, 60)
assert.throws(
  () => comm.recvInto(new Int32Array(2 ** 16), before, 2),
  (error) => error instanceof MPIError && error.code === 'ERR_TYPE',
)
const status = new Status()
check(comm.recv<Float64Array>(before, 3, { status }), before, 60)
assert.equal(status.bytes, memory.byteLength)
MPI.waitAll(wrong)

// Awaited on both sides.
fill(memory, 70)
const sent = comm.isend(memory, next, 4)
check(await comm.irecv<Float64Array>(before, 4), before, 70)
await sent

// Many at once, received in reverse order; more than there are slots for loans.
const many = Array.from({ length: 300 }, (_, i) => comm.isend(memory.subarray(i, i + 1500), next, 100 + i))
for (let i = 299; i >= 0; i -= 1) {
  const got = comm.recv<Float64Array>(before, 100 + i)
  assert.equal(got[0], valueAt(i, before, 70))
  assert.equal(got[1499], valueAt(i + 1499, before, 70))
}
MPI.waitAll(many)
comm.barrier()
