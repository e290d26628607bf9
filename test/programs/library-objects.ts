// The library's own objects in a message: refused at once wherever they stand; what every rank has under the same name arrives as itself.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const own = comm.split(comm.rank)
assert.ok(own !== null)
const through = <T>(x: T): T => {
  own.send(x, 0)
  return own.recv<T>(0)
}

const { SUM, MAXLOC, BXOR, COMM_WORLD, COMM_SELF, IN_PLACE } = MPI
for (const one of [SUM, MAXLOC, BXOR, COMM_WORLD, COMM_SELF, IN_PLACE]) {
  assert.equal(through(one), one)
  const held = through({ deep: [{ one }, new Map([['one', one]])] })
  assert.equal((held.deep[0] as { one: unknown }).one, one)
  assert.equal((held.deep[1] as Map<string, unknown>).get('one'), one)
}
assert.equal(comm.allreduce(1, through(SUM)), comm.size)
const { size } = comm
assert.deepEqual(comm.bcast(comm.rank === 0 ? { op: MPI.MAX, comm } : undefined), { op: MPI.MAX, comm })

const window = own.createWindow(new Int32Array(2))
const shared = own.allocateShared(Int32Array, 1)
const refused: Record<string, unknown> = {
  Comm: own,
  Window: window,
  SharedWindow: shared,
  Request: own.irecv(MPI.PROC_NULL),
  Message: own.mprobe(MPI.PROC_NULL),
  Messages: own.messages(),
  Group: own.group,
  Strided: MPI.vector(new Int8Array(4), { count: 2, stride: 2 }),
  Op: MPI.op((a: number, b: number) => a + b),
}
for (const [name, one] of Object.entries(refused)) {
  const message = new RegExp(`cannot carry an? ${name}, (which belongs to its rank|within another value)`)
  for (const held of [{ deep: [{ one }] }, new Map([[1, one]]), [one], name === 'Strided' ? [one] : one]) {
    assert.throws(() => own.send(held, 0), { code: 'ERR_TYPE', call: 'send', message })
    assert.throws(() => own.isend(held, 0), { code: 'ERR_TYPE', call: 'isend', message })
  }
  if (comm.size > 1) assert.throws(() => comm.gather({ one }), { code: 'ERR_TYPE', message: /cannot carry/ })
}
assert.equal(own.iprobe(), null)
window.free()
assert.equal(comm.allreduce(1), size)
