// Values of all kinds, small and large, arrive as they were when send was called.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const next = (comm.rank + 1) % comm.size
const before = (comm.rank + comm.size - 1) % comm.size

const values: unknown[] = [
  { a: 1, b: 'two', c: [3, { d: null }] },
  new Map<unknown, unknown>([['key', new Set([1, 2])]]),
  new Date(12345),
  2n ** 100n,
  [Number.NaN, Number.POSITIVE_INFINITY],
  'é€😀'.repeat(10_000),
  Array.from({ length: 40_000 }, (_, i) => ({ id: i, name: `n${i}` })),
  { view: Float64Array.of(1, 2, 3) },
]
for (const value of values) assert.deepEqual(comm.sendrecv(value, next, before), value)

const list = [1, 2, 3]
const send = comm.isend(list, next)
list[0] = 99
assert.deepEqual(comm.recv(before), [1, 2, 3])
send.wait()

const error = Object.assign(new RangeError('too far', { cause: 'why' }), { code: 'E_FAR' })
const copy = comm.sendrecv<RangeError & { code: string }>(error, next, before)
assert.ok(copy instanceof RangeError)
assert.equal(copy.message, 'too far')
assert.equal(copy.code, 'E_FAR')
assert.equal(copy.cause, 'why')
