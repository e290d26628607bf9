// Windows over memory of MPI.alloc and over plain memory: every call, from every rank to every rank, also while the target computes.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const next = (rank + 1) % size
const before = (rank + size - 1) % size
const makers = [
  (n: number): Float64Array => MPI.alloc(Float64Array, n),
  (n: number): Float64Array => new Float64Array(n),
]

for (const make of makers) {
  // put and get between fences.
  const memory = make(4 + rank)
  memory.fill(rank + 1)
  const window = comm.createWindow(memory)
  for (let other = 0; other < size; other += 1) {
    assert.equal(window.lengthOf(other), 4 + other)
    const into = new Float64Array(4 + other)
    window.get(into, other)
    assert.ok(into.every((x) => x === other + 1))
  }
  window.fence()
  window.put(Float64Array.of(10 + rank, 20 + rank), next, 1)
  window.fence()
  assert.deepEqual([...memory.subarray(0, 4)], [rank + 1, 10 + before, 20 + before, rank + 1])
  window.fence()

  // What the owner writes goes out at the next fence.
  memory[3] = 1000 + rank
  window.fence()
  const one = new Float64Array(1)
  window.get(one, next, 3)
  assert.equal(one[0], 1000 + next)
  window.fence()

  // accumulate of all ranks to all ranks.
  for (let other = 0; other < size; other += 1) {
    window.accumulate(Float64Array.of(1, 2), other, 0)
    window.accumulate(Float64Array.of(rank), other, 3, MPI.MAX)
  }
  window.fence()
  assert.deepEqual([memory[0], memory[1], memory[3]], [rank + 1 + size, 10 + before + 2 * size, 1000 + rank])
  window.fence()

  // Mistakes are found before anything happens.
  const wrong: readonly (readonly [string, () => unknown])[] = [
    ['ERR_RANK', () => window.put(one, size)],
    ['ERR_RANK', () => window.get(one, -5)],
    ['ERR_DISP', () => window.put(one, next, window.lengthOf(next))],
    ['ERR_DISP', () => window.get(new Float64Array(3), rank, 2 + rank)],
    ['ERR_DISP', () => window.put(one, next, -1)],
    ['ERR_DISP', () => window.put(one, next, 0.5)],
    ['ERR_TYPE', () => window.put(new Int32Array(1), next)],
    ['ERR_TYPE', () => window.get([1] as never, next)],
    ['ERR_TYPE', () => window.fetchAndOp(1n, next)],
    [
      'ERR_OP',
      () =>
        window.accumulate(
          one,
          next,
          0,
          MPI.op((a: number, b: number) => a + b),
        ),
    ],
    ['ERR_OP', () => window.accumulate(one, next, 0, MPI.BAND)],
    ['ERR_OP', () => window.fetchAndOp(1, next, 0, MPI.MINLOC)],
    ['ERR_RMA_SYNC', () => window.unlock(next)],
  ]
  for (const [code, call] of wrong) assert.throws(call, { code })
  window.put(one, MPI.PROC_NULL)
  window.lock(next)
  assert.throws(() => window.lock(next), { code: 'ERR_RMA_SYNC' })
  assert.throws(() => window.fence(), { code: 'ERR_RMA_SYNC' })
  window.unlock(next)
  window.free()
  assert.throws(() => window.put(one, next), { code: 'ERR_WIN' })
}

for (const make of [(n: number) => MPI.alloc(Int32Array, n), (n: number) => new Int32Array(n)]) {
  const memory = make(size + 8)
  const window = comm.createWindow(memory)

  // Tickets: each number comes once.
  const tickets = Array.from({ length: 20 }, () => window.fetchAndOp(1, 0))
  for (let i = 1; i < tickets.length; i += 1) assert.ok((tickets[i] ?? 0) > (tickets[i - 1] ?? 0))
  const all = comm.allgather(tickets).flat()
  assert.deepEqual(
    all.toSorted((a, b) => a - b),
    Array.from({ length: 20 * size }, (_, i) => i),
  )
  comm.barrier()
  if (rank === 0) assert.equal(memory[0], 20 * size)

  // A lock makes many accesses one.
  for (let i = 0; i < 5; i += 1) {
    window.lock(0)
    const value = new Int32Array(2)
    window.get(value, 0, 1)
    assert.equal(value[0], value[1])
    window.put(Int32Array.of((value[0] ?? 0) + 1), 0, 1)
    window.put(Int32Array.of((value[1] ?? 0) + 1), 0, 2)
    window.unlock(0)
  }
  comm.barrier()
  window.lock(0, { shared: true })
  const counts = new Int32Array(2)
  window.get(counts, 0, 1)
  assert.deepEqual([...counts], [5 * size, 5 * size])
  window.unlock(0)
  window.fence()

  // compareAndSwap: one of all ranks wins.
  const won = window.compareAndSwap(0, rank + 1, size - 1, 3) === 0
  assert.equal(comm.allreduce(won ? 1 : 0), 1)
  window.fence()

  // Every rank's own place, flushed, then seen by the owner under its own lock.
  window.put(Int32Array.of(rank + 1), next, 8 + rank)
  window.flush(next)
  comm.send(null, next)
  comm.recv(before)
  window.lock(rank)
  assert.equal(memory[8 + before], before + 1)
  window.unlock(rank)
  window.fence()

  // Operations of each kind on one element.
  if (rank === 0) {
    const last = size - 1
    window.put(Int32Array.of(12), last, 4)
    assert.equal(window.fetchAndOp(3, last, 4, MPI.PROD), 12)
    assert.equal(window.fetchAndOp(5, last, 4, MPI.MIN), 36)
    assert.equal(window.fetchAndOp(6, last, 4, MPI.BXOR), 5)
    assert.equal(window.fetchAndOp(2 ** 31 - 1, last, 4, MPI.SUM), 3)
    assert.equal(window.fetchAndOp(0, last, 4, MPI.BOR), -(2 ** 31) + 2)
  }
  window.free()
}

// Large pieces, in more than one request.
const large = comm.createWindow(MPI.alloc(BigInt64Array, 50_000))
const pattern = BigInt64Array.from({ length: 49_000 }, (_, i) => BigInt(i) * 1_000_003n + BigInt(rank))
large.put(pattern, next, 500)
large.fence()
const back = new BigInt64Array(49_000)
large.get(back, rank, 500)
for (let i = 0; i < back.length; i += 1) assert.equal(back[i], BigInt(i) * 1_000_003n + BigInt(before))
large.accumulate(pattern, next, 500, MPI.MAX)
large.get(back, next, 500)
assert.deepEqual(back, pattern)
assert.equal(large.fetchAndOp(1n, next, 0), 0n)
large.fence()
assert.equal(large.compareAndSwap(1n, 2n ** 62n, next, 0), 1n)
large.fence()
const [first = 0n] = (() => {
  const into = new BigInt64Array(1)
  large.get(into, rank)
  return into
})()
assert.equal(first, 2n ** 62n)
large.free()
await comm.icreateWindow(new Uint8Array(0)).then((empty) => empty.free())
