// Calls that are prepared once and started again and again.
import assert from 'node:assert/strict'
import { MPI, type Persistent, type Status } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const [next, before] = [(rank + 1) % size, (rank + size - 1) % size]

const seen = (status: Status | null): unknown[] =>
  status === null ? [] : [status.source, status.tag, status.count, status.bytes, status.type]

// What a view holds at the start is what travels.
const [out, into] = [new Int32Array(4), new Int32Array(4)]
const send = comm.sendInit(out, next, 7)
const recv = comm.recvInit(into, before, 7)
for (let round = 0; round < 50; round += 1) {
  assert.equal(recv.isActive, false)
  assert.equal(recv.start(), recv)
  out.fill(rank * 100 + round)
  send.start()
  const status = recv.wait()
  assert.deepEqual(seen(status), [before, 7, 4, 16, 'Int32Array'])
  assert.ok(into.every((x) => x === before * 100 + round))
  assert.equal(recv.isActive, false)
  assert.equal(send.wait().source, MPI.ANY_SOURCE)
}

// Inactive ones have nothing to wait for.
assert.deepEqual(recv.wait(), new MPI.Status())
assert.equal(recv.test().done, true)
assert.deepEqual(seen(recv.getStatus()), [before, 7, 4, 16, 'Int32Array'])

// In lists: all, any and some; inactive ones are passed over.
const ssend = comm.ssendInit(out, next, 8)
const wide = comm.recvInit(MPI.vector(new Int32Array(8), { count: 4, stride: 2 }), before)
for (let round = 0; round < 3; round += 1) {
  MPI.startAll([wide, ssend])
  assert.throws(() => wide.start(), { code: 'ERR_REQUEST', call: 'start', message: /recvInit: it is active/ })
  const [status] = MPI.waitAll([wide, ssend, recv])
  assert.equal(status?.tag, 8)
  MPI.startAll([ssend, wide])
  const told = new Set<number>()
  for (let done = MPI.waitAny([recv, wide, ssend]); done.index !== MPI.UNDEFINED; ) {
    told.add(done.index)
    done = MPI.waitAny([recv, wide, ssend])
  }
  assert.deepEqual(
    [...told].sort((a, b) => a - b),
    [1, 2],
  )
  MPI.startAll([ssend, wide])
  const some: number[] = []
  while (some.length < 2) some.push(...MPI.testSome([recv, wide, ssend]).map(({ index }) => index))
  assert.deepEqual(
    some.sort((a, b) => a - b),
    [1, 2],
  )
  assert.deepEqual(MPI.testSome([recv, wide, ssend]), [])
}

// They can be awaited.
const [value, got] = [comm.sendInit({ from: rank }, next), comm.recvInit(new Uint8Array(0), MPI.PROC_NULL)]
value.start()
assert.deepEqual(comm.recv(before), { from: before })
await value
got.start()
assert.equal((await got).source, MPI.PROC_NULL)

// Collectives.
const all = new Float64Array(size)
const mine = Float64Array.of(0)
const sum = new Float64Array(1)
const block = new Float64Array(2 * size)
const part = new Float64Array(2)
const starts: Record<string, Persistent> = {
  barrier: comm.barrierInit(),
  bcast: comm.bcastInit(part, size - 1),
  allgather: comm.allgatherInit(mine, all),
  gather: comm.gatherInit(part, rank === 0 ? block : null),
  scatter: comm.scatterInit(rank === 0 ? block : null, part),
  alltoall: comm.alltoallInit(block, new Float64Array(2 * size)),
  reduce: comm.reduceInit(mine, rank === 0 ? sum : null, MPI.MAX),
  allreduce: comm.allreduceInit(mine, sum),
  inPlace: comm.allreduceInit(MPI.IN_PLACE, part, MPI.MIN),
  scan: comm.scanInit(mine, sum),
  exscan: comm.exscanInit(mine, new Float64Array(1)),
  reduceScatter: comm.reduceScatterInit(block, part),
}
for (let round = 1; round < 6; round += 1) {
  mine[0] = rank * round
  for (const one of Object.values(starts)) one.start().wait()
  assert.deepEqual(
    all,
    Float64Array.from({ length: size }, (_, i) => i * round),
  )
  starts['allreduce']?.start().wait()
  assert.equal(sum[0], (round * size * (size - 1)) / 2)
  MPI.startAll(Object.values(starts).slice(0, 3))
  MPI.waitAll(Object.values(starts).slice(0, 3))
}
const grid = comm.cart({ dims: [size], periods: true })
const around = new Float64Array(2)
const neighbors = grid?.neighborAllgatherInit(mine, around)
neighbors?.start().wait()
assert.deepEqual(around, Float64Array.of(before * 5, next * 5))
const both = grid?.neighborAlltoallInit(Float64Array.of(rank, -rank), around)
both?.start().wait()
assert.deepEqual(around, Float64Array.of(before === 0 ? -0 : -before, next))

// What is wrong throws when it is made.
assert.throws(() => comm.sendInit(out, size), { code: 'ERR_RANK', call: 'sendInit' })
assert.throws(() => comm.recvInit(out, 0, -5), { code: 'ERR_TAG', call: 'recvInit' })
assert.throws(() => comm.recvInit([1] as never, 0), { code: 'ERR_TYPE', call: 'recvInit' })
assert.throws(() => comm.bcastInit(out, size), { code: 'ERR_ROOT', call: 'bcastInit' })
assert.throws(() => comm.bcastInit({} as never), { code: 'ERR_TYPE', call: 'bcastInit' })
assert.throws(() => comm.allreduceInit(out, into, 'SUM' as never), { code: 'ERR_OP', call: 'allreduceInit' })
assert.throws(() => MPI.startAll([comm.irecv(MPI.PROC_NULL)] as never), { code: 'ERR_ARG', call: 'startAll' })
const wrong = comm.recvInit(new Int8Array(1), before, 9)
comm.send(out, next, 9)
assert.throws(() => wrong.start().wait(), { code: 'ERR_TYPE' })
assert.equal(wrong.isActive, false)

// A receive that is given up can be started again; one that is freed cannot.
const again = comm.recvInit(into, before, 10)
assert.equal(again.start().cancel(), true)
assert.throws(() => again.wait(), { code: 'ERR_CANCELLED' })
comm.barrier()
comm.send(out, next, 10)
assert.equal(again.start().wait().count, 4)
again.free()
assert.throws(() => again.start(), { code: 'ERR_REQUEST', message: /freed/ })

// A look at a request leaves it as it is.
const late = comm.irecv(before, 11)
assert.equal(late.getStatus(), null)
comm.barrier()
comm.send('x', next, 11)
while (late.getStatus() === null);
assert.equal(late.getStatus()?.source, before)
assert.equal(late.wait(), 'x')
