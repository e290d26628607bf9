// comm.messages(): by `for` and by `for await`, with and without filters, left by break.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const COUNT = 30
const others = comm.size - 1

/** Notes a message of the numbered stream of one sender; whether it was the last of all. */
function counter(): (source: number, data: unknown, tag: number) => boolean {
  const seen = new Array<number>(comm.size).fill(0)
  let left = others * COUNT
  return (source, data, tag) => {
    assert.deepEqual(data, { from: source, number: seen[source] })
    assert.equal(tag, (seen[source] ?? 0) % 3)
    seen[source] = (seen[source] ?? 0) + 1
    left -= 1
    return left === 0
  }
}

for (const isAwaited of [false, true]) {
  if (comm.rank !== 0) {
    for (let number = 0; number < COUNT; number += 1) comm.send({ from: comm.rank, number }, 0, number % 3)
  } else if (others > 0) {
    const isLast = counter()
    if (isAwaited) {
      for await (const { data, source, tag } of comm.messages()) if (isLast(source, data, tag)) break
    } else {
      for (const { data, source, tag } of comm.messages()) if (isLast(source, data, tag)) break
    }
  }
  comm.barrier()
}

// Filters; what is not asked for stays for others, and so does what comes after a break.
comm.send('b', comm.rank, 2)
for (const data of ['a1', 'a2', 'a3']) comm.send(data, comm.rank, 1)
const taken: unknown[] = []
for (const { data, tag } of comm.messages<string>({ source: comm.rank, tag: 1 })) {
  assert.equal(tag, 1)
  taken.push(data)
  if (data === 'a2') break
}
assert.deepEqual(taken, ['a1', 'a2'])
assert.equal(comm.recv(comm.rank), 'b')
// Nothing can come from this rank while it waits for itself, so the loop ends.
assert.deepEqual([...comm.messages({ source: comm.rank })], [{ data: 'a3', source: comm.rank, tag: 1 }])
assert.deepEqual([...comm.messages({ source: MPI.PROC_NULL })], [])
assert.throws(() => comm.messages({ source: comm.size }), { code: 'ERR_RANK', call: 'messages' })
assert.throws(() => comm.messages({ tag: -5 }), { code: 'ERR_TAG' })

if (others > 0) {
  const from = (comm.rank + 1) % comm.size
  assert.throws(() => [...comm.messages({ source: from, tag: 77, timeout: 20 })], { code: 'ERR_TIMEOUT' })
  const controller = new AbortController()
  setTimeout(() => controller.abort(new Error('enough')), 5)
  await assert.rejects(async () => {
    for await (const message of comm.messages({ source: from, tag: 77, signal: controller.signal })) {
      assert.fail(String(message.tag))
    }
  }, /enough/)
  comm.barrier()
  comm.send('not lost', (comm.rank + others) % comm.size, 77)
  assert.equal(comm.recv(from, 77), 'not lost')
}
