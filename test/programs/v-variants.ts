// Blocks of unequal lengths: gaps, zero counts, overlaps, wrong lists of counts, IN_PLACE, memory that is given twice.
import assert from 'node:assert/strict'
import { MPI, type MPIError } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const ranks = [...Array(size).keys()]
const root = size - 1
const counts = ranks.map((one) => (one * 3) % 4)
// In reverse order, with a gap behind each block.
const displs = ranks.map((one) => 5 * (size - 1 - one))
const length = 5 * size
const mine = new Int16Array(counts[rank] ?? 0).fill(rank + 1)
const whole = new Int16Array(length).fill(-1)
for (const one of ranks) whole.fill(one + 1, displs[one], (displs[one] ?? 0) + (counts[one] ?? 0))

const gathered = new Int16Array(length).fill(-1)
comm.gatherInto(mine, rank === root ? gathered : null, root, { counts, displs })
assert.deepEqual(gathered, rank === root ? whole : new Int16Array(length).fill(-1))
const all = new Int16Array(length).fill(-1)
comm.allgatherInto(mine, all, { counts, displs })
assert.deepEqual(all, whole)
const part = new Int16Array(counts[rank] ?? 0)
comm.scatterInto(rank === root ? whole : null, part, root, { counts, displs })
assert.deepEqual(part, mine)

// In place: the own block is in the view already.
const own = new Int16Array(length).fill(-1)
own.set(mine, displs[rank])
const atRoot = own.slice()
comm.gatherInto(rank === root ? MPI.IN_PLACE : mine, rank === root ? atRoot : null, root, { counts, displs })
if (rank === root) assert.deepEqual(atRoot, whole)
comm.allgatherInto(MPI.IN_PLACE, own, { counts, displs })
assert.deepEqual(own, whole)
const fromRoot = rank === root ? MPI.IN_PLACE : part.fill(0)
comm.scatterInto(rank === root ? whole : null, fromRoot, root, { counts, displs })
if (rank !== root) assert.deepEqual(part, mine)

// Rank r sends (r + s) % 3 elements to rank s; rows and columns of zeros; one hot row.
for (const of of [
  (from: number, to: number): number => (from + to) % 3,
  (from: number, to: number): number => (from === 0 || to === root ? 0 : 2),
  (from: number, to: number): number => (from === root ? 20_000 + to : 0),
  (): number => 0,
]) {
  const sendCounts = ranks.map((to) => of(rank, to))
  const recvCounts = ranks.map((from) => of(from, rank))
  const send = Float32Array.from(sendCounts.flatMap((count, to) => new Array<number>(count).fill(100 * rank + to)))
  const recvDispls = recvCounts.map((_, from) => recvCounts.slice(0, from).reduce((at, count) => at + count + 1, 0))
  const recv = new Float32Array(recvCounts.reduce((at, count) => at + count + 1, 0)).fill(-1)
  comm.alltoallInto(send, recv, { sendCounts, recvCounts, recvDispls })
  const wanted = recvCounts.flatMap((count, from) => [...new Array<number>(count).fill(100 * from + rank), -1])
  assert.ok(recv.every((x, i) => x === wanted[i]))
}
const swap = Int32Array.from(ranks, (to) => 100 * rank + to)
comm.alltoallInto(MPI.IN_PLACE, swap)
assert.deepEqual(
  swap,
  Int32Array.from(ranks, (from) => 100 * from + rank),
)

// What is refused on the rank that makes the mistake, before anything is sent.
const overlap = ranks.map((one) => Math.max(0, one - 1))
const ones = ranks.map(() => 1)
const ERR_COUNT = { code: 'ERR_COUNT' }
const ERR_BUFFER = { code: 'ERR_BUFFER' }
const view = new Int8Array(2 * size)
if (size > 1) {
  assert.throws(() => comm.allgatherInto(Int8Array.of(1), view, { counts: ones, displs: overlap }), ERR_BUFFER)
  assert.throws(
    () => comm.alltoallInto(new Int8Array(size), view, { recvCounts: ones, recvDispls: overlap }),
    ERR_BUFFER,
  )
}
for (const wrong of [[...ones, 1], [], ranks.map(() => -1), ranks.map(() => 0.5), ranks.map(() => 3)]) {
  assert.throws(() => comm.allgatherInto(Int8Array.of(1), view, { counts: wrong }), ERR_COUNT)
  assert.throws(() => comm.alltoallInto(new Int8Array(2 * size), view, { recvCounts: wrong }), ERR_COUNT)
  assert.throws(() => comm.alltoallInto(view, new Int8Array(2 * size), { sendCounts: wrong }), ERR_COUNT)
}
assert.throws(() => comm.allgatherInto(Int8Array.of(1), view, { counts: ones, displs: [...ranks, 0] }), ERR_COUNT)
assert.throws(
  () => comm.allgatherInto(Int8Array.of(1), view, { counts: ones, displs: ranks.map((one) => one - 1) }),
  ERR_COUNT,
)
assert.throws(() => comm.allgatherInto(view.subarray(0, 2), view.subarray(0, 2 * size)), ERR_BUFFER)
assert.throws(() => comm.alltoallInto(view, view), ERR_BUFFER)
assert.throws(() => comm.allgatherInto(new Int8Array(2), new Uint8Array(2 * size)), { code: 'ERR_TYPE' })

// What only root can see is an error of every rank that waits for it.
const isRoot = rank === root
const one = Int8Array.of(1)
const elsewhere = new Int8Array(size)
for (const wrong of [[...ones, 1], [], ranks.map(() => -1), ranks.map(() => 2)]) {
  assert.throws(() => comm.scatterInto(isRoot ? elsewhere : null, one, root, { counts: wrong }), ERR_COUNT)
}
for (const parts of [[...ones, 1], []]) assert.throws(() => comm.scatter(isRoot ? parts : null, root), ERR_COUNT)
if (size > 1) assert.throws(() => comm.scatter(isRoot ? new Int8Array(size + 1) : null, root), ERR_COUNT)
const ofRoot = isRoot ? elsewhere.subarray(0, 1) : one
assert.throws(() => comm.scatterInto(isRoot ? elsewhere : null, ofRoot, root), ERR_BUFFER)

/** A call that succeeds, or fails with `code`. */
function orElse(call: () => void, code?: string): void {
  try {
    call()
  } catch (error) {
    assert.equal((error as MPIError).code, code)
  }
}

// In a gather the others do not wait: root learns it at once, they in their next collective at the latest.
for (const [layout, expected] of [
  [{ counts: [...ones, 1] }, ERR_COUNT],
  [{ counts: ranks.map(() => -2) }, ERR_COUNT],
  [{ counts: ones, displs: ranks.map((r) => r - 1) }, ERR_COUNT],
  [{ counts: ones, displs: overlap }, size > 1 ? ERR_BUFFER : null],
] as const) {
  const copy = comm.dup()
  const gather = (): void => copy.gatherInto(one, isRoot ? elsewhere : null, root, layout)
  if (isRoot && expected !== null) assert.throws(gather, expected)
  else orElse(gather, expected?.code)
  comm.barrier()
  copy.free()
}
const copy = comm.dup()
if (isRoot) assert.throws(() => copy.gatherInto(elsewhere.subarray(0, 1), elsewhere, root), ERR_BUFFER)
else orElse(() => copy.gatherInto(one, null, root), 'ERR_BUFFER')
comm.barrier()
