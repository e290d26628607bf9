// The awaitable calls of windows, and REPLACE, NO_OP and getAccumulate: from every rank to every rank, over shared and over plain memory.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const next = (rank + 1) % size
const before = (rank + size - 1) % size

for (const make of [(n: number) => MPI.alloc(Int32Array, n), (n: number) => new Int32Array(n)]) {
  const memory = make(size + 4)
  const window = comm.createWindow(memory)

  // Puts and gets of all ranks, awaited, waited for and left alone; the view may be changed at once.
  const given = Int32Array.of(rank + 1)
  const puts = Array.from({ length: size }, (_, other) => window.iput(given, other, 4 + rank))
  given.fill(-1)
  assert.deepEqual(MPI.waitAll(puts), Array(size).fill(undefined))
  await window.ifence()
  assert.deepEqual(
    [...memory.subarray(4)],
    Array.from({ length: size }, (_, i) => i + 1),
  )
  const into = new Int32Array(size)
  await window.iget(into, next, 4)
  assert.deepEqual([...into], [...memory.subarray(4)])
  const column = new Int32Array(2 * size)
  await window.iget(MPI.vector(column, { count: size, stride: 2 }), before, 4)
  assert.deepEqual(
    [...column],
    [...into].flatMap((x) => [x, 0]),
  )
  window.ifence().wait()

  // accumulate, fetchAndOp and compareAndSwap.
  await Promise.all([...Array(size).keys()].map((other) => window.iaccumulate(Int32Array.of(2), other)))
  window.iaccumulate(Int32Array.of(rank), next, 1, MPI.MAX)
  const tickets = await Promise.all(Array.from({ length: 5 }, () => window.ifetchAndOp(1, 0, 2)))
  const all = comm.allgather(tickets).flat()
  assert.deepEqual(
    all.toSorted((a, b) => a - b),
    Array.from({ length: 5 * size }, (_, i) => i),
  )
  const won = (await window.icompareAndSwap(0, rank + 1, size - 1, 3)) === 0
  assert.equal(comm.allreduce(won ? 1 : 0), 1)
  await window.ifence()
  assert.deepEqual([...memory.subarray(0, 2)], [2 * size, before])
  await window.ifence()

  // A lock that is awaited makes many accesses one.
  for (let i = 0; i < 4; i += 1) {
    await window.ilock(0)
    const one = new Int32Array(1)
    await window.iget(one, 0, 4)
    window.iput(Int32Array.of((one[0] ?? 0) + 1), 0, 4)
    if (i % 2 === 0) await window.iflush(0)
    await window.iunlock(0)
  }
  await window.ifence()
  if (rank === 0) assert.equal(memory[4], 1 + 4 * size)
  await window.ifence()
  await window.ilockAll()
  await window.ifetchAndOp(1, 0, 4)
  await window.iflush()
  await window.iunlockAll()
  window.fence()
  if (rank === 0) assert.equal(memory[4], 1 + 5 * size)
  window.fence()

  // A lock that another rank has: it comes while this rank sleeps in a call, or awaits.
  for (const isAwaited of [false, true]) {
    if (rank === 0) window.lock(size - 1)
    comm.barrier()
    const request = rank === 0 ? null : window.ilock(size - 1)
    if (request !== null && size > 1) {
      assert.deepEqual(request.test(), { done: false })
      assert.throws(() => window.lock(size - 1), { code: 'ERR_RMA_SYNC', message: /ilock or iunlock/ })
      assert.throws(() => window.iunlock(size - 1), { code: 'ERR_RMA_SYNC' })
      assert.throws(() => window.ifence(), { code: 'ERR_RMA_SYNC' })
    }
    comm.barrier()
    if (rank === 0) window.unlock(size - 1)
    if (isAwaited) await request
    else request?.wait()
    if (request !== null) window.unlock(size - 1)
    comm.barrier()
  }

  // What was there comes back, and is replaced or left.
  window.iput(Int32Array.of(10, 20, 30), next).wait()
  await window.iflush(next)
  const old = new Int32Array(3)
  window.getAccumulate(Int32Array.of(1, 2, 3), old, next)
  assert.deepEqual([...old], [10, 20, 30])
  await window.igetAccumulate(Int32Array.of(7, 8, 9), old, next, 0, MPI.REPLACE)
  assert.deepEqual([...old], [11, 22, 33])
  window.getAccumulate(null, old, next, 0, MPI.NO_OP)
  assert.deepEqual([...old], [7, 8, 9])
  const spread = new Int32Array(5)
  await window.igetAccumulate(Int32Array.of(1, 1, 1), MPI.vector(spread, { count: 3, stride: 2 }), next, 0, MPI.PROD)
  assert.deepEqual([...spread], [7, 0, 8, 0, 9])
  assert.equal(window.fetchAndOp(5, next, 1, MPI.NO_OP), 8)
  assert.equal(window.fetchAndOp(5, next, 1, MPI.REPLACE), 8)
  window.accumulate(Int32Array.of(6), next, 2, MPI.REPLACE)
  await window.iaccumulate(Int32Array.of(99), next, 0, MPI.NO_OP)
  window.fence()
  assert.deepEqual([...memory.subarray(0, 3)], [7, 5, 6])
  window.fence()

  // Mistakes are thrown, under the names of these calls.
  const one = new Int32Array(1)
  const wrong: readonly (readonly [string, string, () => unknown])[] = [
    ['iput', 'ERR_RANK', () => window.iput(one, size)],
    ['iget', 'ERR_DISP', () => window.iget(one, next, size + 4)],
    ['iaccumulate', 'ERR_TYPE', () => window.iaccumulate(new Float64Array(1), next)],
    ['iaccumulate', 'ERR_OP', () => window.iaccumulate(one, next, 0, MPI.MINLOC)],
    ['getAccumulate', 'ERR_OP', () => window.getAccumulate(one, new Int32Array(1), next, 0, undefined)],
    ['getAccumulate', 'ERR_COUNT', () => window.getAccumulate(one, new Int32Array(2), next)],
    ['igetAccumulate', 'ERR_TYPE', () => window.igetAccumulate(null, one, next)],
    ['igetAccumulate', 'ERR_BUFFER', () => window.igetAccumulate(one, one, next)],
    ['ifetchAndOp', 'ERR_TYPE', () => window.ifetchAndOp(1n, next)],
    ['icompareAndSwap', 'ERR_DISP', () => window.icompareAndSwap(0, 1, next, -1)],
    ['ilock', 'ERR_ARG', () => window.ilock(next, true as never)],
    ['iunlock', 'ERR_RMA_SYNC', () => window.iunlock(next)],
    ['iunlockAll', 'ERR_RMA_SYNC', () => window.iunlockAll()],
    ['iflush', 'ERR_RANK', () => window.iflush(size)],
  ]
  for (const [call, code, act] of wrong) assert.throws(act, { code, call: `Window.${call}` })
  for (const op of [MPI.REPLACE, MPI.NO_OP]) {
    assert.throws(() => comm.allreduce(1, op), { code: 'ERR_OP' })
    assert.throws(() => comm.iscan(one, op), { code: 'ERR_OP' })
    assert.throws(() => MPI.reduceLocal(1, 2, op), { code: 'ERR_OP' })
  }
  const nobody = MPI.PROC_NULL
  const nothing = [window.iput(one, nobody), window.iget(one, nobody), window.ilock(nobody), window.iflush(nobody)]
  assert.deepEqual(await Promise.all([...nothing, window.ifetchAndOp(1, nobody)]), [
    undefined,
    undefined,
    undefined,
    undefined,
    0,
  ])
  window.free()
  assert.throws(() => window.iput(one, next), { code: 'ERR_WIN' })
}

// They arrive as themselves.
comm.send([MPI.REPLACE, { op: MPI.NO_OP }], next)
const ops = comm.recv<[unknown, { op: unknown }]>(before)
assert.ok(ops[0] === MPI.REPLACE && ops[1].op === MPI.NO_OP)

// More than may be under way at a time, in order: what waits is a copy, and a later call comes behind it.
const LARGE = 300_000
const large = comm.createWindow(MPI.alloc(Float64Array, LARGE))
const pattern = new Float64Array(LARGE)
const seen = new Float64Array(LARGE)
for (let round = 1; round <= 3; round += 1) {
  pattern.fill(round * 1000 + rank)
  const request = large.iput(pattern, next)
  pattern.fill(-1)
  const adds = Array.from({ length: 40 }, () => large.iaccumulate(Float64Array.of(1), next, LARGE - 1))
  await large.iget(seen, next)
  assert.ok(seen.subarray(0, -1).every((x) => x === round * 1000 + rank))
  assert.equal(seen[LARGE - 1], round * 1000 + rank + 40)
  await Promise.all([request, ...adds])
}
const old = new Float64Array(LARGE)
const sum = large.igetAccumulate(pattern.fill(1), old, next)
pattern.fill(-1)
large.put(Float64Array.of(5), next)
await sum
assert.deepEqual(old, seen)
large.iput(pattern.fill(7), next)
large.fence()
large.get(seen, rank)
assert.ok(seen.every((x) => x === 7))
large.fence()
// Nobody waits for these: fence does.
large.iput(pattern.fill(8), next)
await large.ifence()
large.get(seen, rank)
assert.ok(seen.every((x) => x === 8))
large.free()

// A communicator that is revoked: what waits for a lock fails, and later calls.
const own = comm.dup()
const last = own.createWindow(new Float64Array(1))
if (rank === 0) last.lock(0)
comm.barrier()
const waits = rank === 0 ? null : last.ilock(0)
assert.equal(waits?.test().done ?? false, false)
comm.barrier()
if (rank === 0) own.revoke()
if (waits !== null) await assert.rejects(async () => await waits, { code: 'ERR_REVOKED', call: 'Window.ilock' })
while (!own.isRevoked) comm.iprobe()
assert.throws(() => last.iget(new Float64Array(1), 0), { code: 'ERR_REVOKED' })
// The lock is not free before.
comm.barrier()
