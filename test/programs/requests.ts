// wait, test, cancel, waitAll, waitAny, waitSome, testAll, testAny, timeouts and signals.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const next = (comm.rank + 1) % comm.size
const before = (comm.rank + comm.size - 1) % comm.size

const requests = [comm.irecv(before, 1), comm.irecv(before, 2), comm.irecv(before, 3)]
assert.equal(requests[0]?.cancel(), true)
comm.send('three', next, 3)
assert.deepEqual(MPI.waitAny(requests), { index: 2, value: 'three' })
comm.barrier()
assert.equal(MPI.testAll(requests.slice(1)).done, false)
comm.barrier()
comm.send('two', next, 2)
assert.deepEqual(MPI.waitAll(requests.slice(1)), ['two', 'three'])
assert.deepEqual(requests[1]?.test(), { done: true, value: 'two' })
assert.deepEqual(requests[1]?.test(), { done: true, value: 'two' })
assert.throws(() => requests[0]?.wait(), { code: 'ERR_CANCELLED' })
assert.deepEqual(MPI.waitAll([]), [])

// Called again and again, waitAny tells of each request once.
const three = [1, 2, 3].map((tag) => comm.irecv(before, 10 + tag))
for (const tag of [3, 1, 2]) comm.isend(tag, next, 10 + tag)
const told: number[] = []
for (let one = MPI.waitAny(three); one.index !== MPI.UNDEFINED; one = MPI.waitAny(three)) told.push(Number(one.value))
assert.deepEqual(
  told.sort((one, other) => one - other),
  [1, 2, 3],
)
assert.deepEqual(MPI.waitAll(three), [1, 2, 3])

const two = [comm.irecv(before, 20), comm.irecv(before, 21)]
comm.isend('a', next, 20)
assert.deepEqual(MPI.waitSome(two), [{ index: 0, value: 'a' }])
assert.deepEqual(MPI.testAny(two), { done: false })
// Nobody has sent the other one before.
comm.barrier()
comm.isend('b', next, 21)
for (let tested = MPI.testAny(two); ; tested = MPI.testAny(two)) {
  if (!tested.done) continue
  assert.deepEqual(tested, { done: true, index: 1, value: 'b' })
  break
}
assert.deepEqual(MPI.waitSome(two), [])

// The cancelled receive does not take the message.
comm.send('one', next, 1)
assert.equal(comm.recv(before, 1), 'one')

assert.throws(() => comm.recv(before, 99, { timeout: 20 }), { code: 'ERR_TIMEOUT', call: 'recv' })
comm.barrier()
comm.send('late', next, 99)
assert.equal(comm.recv(before, 99, { timeout: 10_000 }), 'late')

// Many receives with one signal: Node warns of more than ten listeners.
const many = new AbortController()
const onWarning = (warning: Error): void => assert.fail(warning)
process.on('warning', onWarning)
for (const data of ['first', 'second']) {
  const receives = Array.from({ length: 20 }, (_, i) => comm.irecv(before, 60 + i, { signal: many.signal }))
  for (let i = 0; i < 20; i += 2) comm.send(data, next, 60 + i)
  for (let i = 0; i < 20; i += 2) assert.equal(await receives[i], data)
  if (data === 'second') many.abort(new Error('all of them'))
  const left = receives.filter((_, i) => i % 2 === 1)
  for (const receive of left) {
    if (data === 'first') assert.ok(receive.cancel())
    await assert.rejects(async () => await receive, data === 'first' ? { code: 'ERR_CANCELLED' } : /all of them/)
  }
  comm.barrier()
}
await sleep(1)
process.off('warning', onWarning)

const controller = new AbortController()
const aborted = comm.irecv(before, 50, { signal: controller.signal })
setTimeout(() => controller.abort(new Error('no longer wanted')), 5)
await assert.rejects(async () => await aborted, /no longer wanted/)
comm.barrier()
comm.send('for the next', next, 50)
assert.equal(await comm.irecv(before, 50), 'for the next')
