// Messages of every length around the borders of fragments and powers of two, into views with room before and behind.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const next = (comm.rank + 1) % comm.size
const before = (comm.rank + comm.size - 1) % comm.size
const sizes = [...Array(258).keys()]
const LARGEST = comm.size <= 3 ? 23 : 21
for (let power = 9; power <= LARGEST; power += 1) sizes.push(2 ** power - 1, 2 ** power, 2 ** power + 1)

const byteAt = (i: number, size: number, rank: number): number => (i * 31 + size * 7 + rank) & 0xff

for (const size of sizes) {
  const out = new Uint8Array(size)
  for (let i = 0; i < size; i += 1) out[i] = byteAt(i, size, comm.rank)
  const send = comm.isend(out, next, size)
  out.fill(0)
  const buffer = new Uint8Array(size + 16).fill(0xee)
  const view = buffer.subarray(8, 8 + size)
  const status = comm.recvInto(view, before, size)
  assert.equal(status.count, size)
  for (let i = 0; i < size; i += 1) if (view[i] !== byteAt(i, size, before)) assert.fail(`size ${size}, byte ${i}`)
  assert.ok(buffer.subarray(0, 8).every((x) => x === 0xee) && buffer.subarray(8 + size).every((x) => x === 0xee))
  send.wait()
}

// A shorter message leaves the tail of the view as it is.
comm.send(Float64Array.of(1, 2), next)
const long = new Float64Array(5).fill(-1)
assert.equal(comm.recvInto(long, before).count, 2)
assert.deepEqual([...long], [1, 2, -1, -1, -1])
