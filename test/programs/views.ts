// Views that begin in the middle of a buffer, plain and shared; columns of a matrix; what is no view is refused.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const next = (comm.rank + 1) % comm.size
const before = (comm.rank + comm.size - 1) % comm.size

const memories = [new Uint8Array(4096), new Uint8Array(new SharedArrayBuffer(4096)), MPI.alloc(Uint8Array, 4096)]
for (const all of memories) {
  // MPI.alloc cuts its views out of larger memory, too.
  const out = new Float64Array(all.buffer, all.byteOffset + 24, 5)
  const into = new Float64Array(all.buffer, all.byteOffset + 1024, 7)
  all.fill(0xee)
  out.set([1, 2, 3, 4, comm.rank])
  const send = comm.isend(out, next)
  assert.equal(comm.recvInto(into.subarray(1, 6), before).count, 5)
  send.wait()
  assert.deepEqual([...into.subarray(1, 6)], [1, 2, 3, 4, before])
  const changed = [...all.keys()].filter((i) => all[i] !== 0xee)
  assert.ok(
    changed.every((i) => (i >= 24 && i < 64) || (i >= 1032 && i < 1072)),
    `changed ${changed.join(' ')}`,
  )
  comm.send(out.subarray(1, 3), next)
  assert.deepEqual(comm.recv(before), Float64Array.of(2, 3))
}

// A column is not contiguous: the sender packs it, the receiver puts it where it wants.
const [ROWS, COLUMNS] = [5, 4]
const matrix = Float32Array.from({ length: ROWS * COLUMNS }, (_, i) => comm.rank * 100 + i)
comm.send(
  Float32Array.from({ length: ROWS }, (_, row) => matrix[row * COLUMNS + 2] ?? 0),
  next,
)
const other = new Float32Array(3 * ROWS).fill(-1)
comm.recvInto(other.subarray(ROWS, 2 * ROWS), before)
assert.deepEqual(
  [...other.subarray(ROWS, 2 * ROWS)],
  [2, 6, 10, 14, 18].map((i) => before * 100 + i),
)
assert.ok(other.subarray(0, ROWS).every((x) => x === -1) && other.subarray(2 * ROWS).every((x) => x === -1))

const data = new DataView(new ArrayBuffer(16))
for (const wrong of [data, new ArrayBuffer(16), [1, 2], null, undefined]) {
  assert.throws(() => comm.recvInto(wrong as unknown as Uint8Array, before), { code: 'ERR_TYPE' })
  assert.throws(() => comm.irecvInto(wrong as unknown as Uint8Array, before), { code: 'ERR_TYPE' })
  assert.throws(() => comm.sendrecvInto(Int8Array.of(1), next, wrong as unknown as Uint8Array, before), {
    code: 'ERR_TYPE',
  })
  assert.throws(() => comm.bcastInto(wrong as unknown as Uint8Array), { code: 'ERR_TYPE' })
}
assert.equal(comm.iprobe(), null)
