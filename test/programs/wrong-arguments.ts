// Wrong arguments throw before anything is sent, and name what is allowed.
import assert from 'node:assert/strict'
import { MPI, MPIError } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { size } = comm

for (const tag of [-1, MPI.TAG_UB + 1, 1.5, Number.NaN, '1' as unknown as number]) {
  assert.throws(() => comm.send(1, 0, tag), { code: 'ERR_TAG' })
  assert.throws(() => comm.isend(1, 0, tag), { code: 'ERR_TAG' })
}
for (const rank of [-3, size, 0.5, Number.NaN]) {
  assert.throws(() => comm.send(1, rank), { code: 'ERR_RANK' })
  assert.throws(() => comm.recv(rank), { code: 'ERR_RANK' })
  assert.throws(() => comm.bcast(1, rank), { code: 'ERR_ROOT' })
  assert.throws(() => comm.ireduce(1, MPI.SUM, rank), { code: 'ERR_ROOT' })
}
const ranks = size === 1 ? '1 rank (0)' : `${size} ranks (0…${size - 1})`
assert.throws(
  () => comm.recv(size + 1),
  (error) =>
    error instanceof MPIError &&
    error.message === `recv(source = ${size + 1}): rank ${size + 1} does not exist in COMM_WORLD, which has ${ranks}`,
)
assert.throws(() => comm.send({ f: () => 1 }, 0), { code: 'ERR_TYPE' })
assert.throws(() => comm.send([Symbol('s')], 0), { code: 'ERR_TYPE' })
assert.throws(() => comm.recvInto(new DataView(new ArrayBuffer(8)) as unknown as Uint8Array, 0), { code: 'ERR_TYPE' })
assert.throws(() => comm.allreduce(1, 'SUM' as never), { code: 'ERR_OP' })
assert.throws(() => comm.allreduce(new Float64Array(1), MPI.BXOR), { code: 'ERR_OP' })
assert.throws(() => comm.allreduce('text'), { code: 'ERR_TYPE' })

// A call that is wrong takes no message that has come already.
comm.send('kept', comm.rank)
for (const wrong of [() => 1, Symbol('s'), Promise.resolve()]) {
  assert.throws(() => comm.sendrecv(wrong, comm.rank, comm.rank), { code: 'ERR_TYPE', call: 'sendrecv' })
  assert.throws(() => comm.isendrecv(wrong, comm.rank, comm.rank), { code: 'ERR_TYPE', call: 'isendrecv' })
}
assert.throws(() => comm.sendrecv(1, size, comm.rank), { code: 'ERR_RANK' })
assert.throws(() => comm.sendrecv(1, comm.rank, comm.rank, { sendTag: -1 }), { code: 'ERR_TAG' })
// Null is no way to leave an option out.
const noTag = null as never
assert.throws(() => comm.sendrecv(1, comm.rank, comm.rank, { sendTag: noTag }), { code: 'ERR_TAG' })
assert.throws(() => comm.sendrecv(1, comm.rank, comm.rank, { recvTag: noTag }), { code: 'ERR_TAG' })
assert.throws(() => comm.parallelMap((x) => x, [], { root: null as never }), { code: 'ERR_ROOT', call: 'parallelMap' })
const wrongOptions = [5, 'text', null, new MPI.Status(), { timeout: Number.NaN }, { timeout: -1 }, { timeout: '1 s' }]
for (const options of [...wrongOptions, { status: 1 }, { signal: {} }] as never[]) {
  assert.throws(() => comm.send(1, comm.rank, 0, options), { code: 'ERR_ARG', call: 'send' })
  assert.throws(() => comm.recv(comm.rank, 0, options), { code: 'ERR_ARG', call: 'recv' })
  assert.throws(() => comm.irecv(comm.rank, 0, options), { code: 'ERR_ARG', call: 'irecv' })
  assert.throws(() => comm.probe(comm.rank, 0, options), { code: 'ERR_ARG', call: 'probe' })
  assert.throws(() => comm.sendrecv(1, comm.rank, comm.rank, options), { code: 'ERR_ARG', call: 'sendrecv' })
  assert.throws(() => comm.barrier(options), { code: 'ERR_ARG', call: 'barrier' })
  assert.throws(() => comm.allreduce(1, MPI.SUM, options), { code: 'ERR_ARG', call: 'allreduce' })
}
assert.equal(comm.recv(comm.rank), 'kept')

for (const counts of ['x', 5, {}, [0.5], [-1]] as never[]) {
  const views = [new Int8Array(1), new Int8Array(size)] as const
  assert.throws(() => comm.allgatherInto(...views, { counts }), { code: 'ERR_COUNT', call: 'allgatherInto' })
}

// Errors bear the name of the form that was called.
const [bytes, doubles] = [new Int8Array(size), new Float64Array(size)]
const none = null as never
const forms = {
  bcast: { code: 'ERR_ROOT', blocks: () => comm.bcast(1, size), goesOn: () => comm.ibcast(1, size) },
  bcastInto: { code: 'ERR_TYPE', blocks: () => comm.bcastInto(none), goesOn: () => comm.ibcastInto(none) },
  scatterInto: {
    code: 'ERR_TYPE',
    blocks: () => comm.scatterInto(bytes, none),
    goesOn: () => comm.iscatterInto(bytes, none),
  },
  gatherInto: {
    code: 'ERR_TYPE',
    blocks: () => comm.gatherInto(none, bytes),
    goesOn: () => comm.igatherInto(none, bytes),
  },
  allgatherInto: {
    code: 'ERR_TYPE',
    blocks: () => comm.allgatherInto(bytes, doubles),
    goesOn: () => comm.iallgatherInto(bytes, doubles),
  },
  alltoallInto: {
    code: 'ERR_TYPE',
    blocks: () => comm.alltoallInto(bytes, doubles),
    goesOn: () => comm.ialltoallInto(bytes, doubles),
  },
  reduce: { code: 'ERR_OP', blocks: () => comm.reduce(1, none), goesOn: () => comm.ireduce(1, none) },
  reduceInto: {
    code: 'ERR_TYPE',
    blocks: () => comm.reduceInto(none, bytes),
    goesOn: () => comm.ireduceInto(none, bytes),
  },
  allreduce: { code: 'ERR_TYPE', blocks: () => comm.allreduce('x'), goesOn: () => comm.iallreduce('x') },
  allreduceInto: {
    code: 'ERR_BUFFER',
    blocks: () => comm.allreduceInto(bytes, bytes),
    goesOn: () => comm.iallreduceInto(bytes, bytes),
  },
  scan: { code: 'ERR_TYPE', blocks: () => comm.scan('x'), goesOn: () => comm.iscan('x') },
  scanInto: {
    code: 'ERR_COUNT',
    blocks: () => comm.scanInto(bytes, new Int8Array(size + 1)),
    goesOn: () => comm.iscanInto(bytes, new Int8Array(size + 1)),
  },
  reduceScatter: {
    code: 'ERR_COUNT',
    blocks: () => comm.reduceScatter(new Array(size + 1).fill(1)),
    goesOn: () => comm.ireduceScatter(new Array(size + 1).fill(1)),
  },
  splitType: {
    code: 'ERR_ARG',
    blocks: () => comm.splitType('x' as never),
    goesOn: () => comm.isplitType('x' as never),
  },
  parallelMap: { code: 'ERR_ARG', blocks: () => comm.parallelMap(none), goesOn: () => comm.iparallelMap(none) },
  createWindow: { code: 'ERR_TYPE', blocks: () => comm.createWindow(none), goesOn: () => comm.icreateWindow(none) },
}
for (const [call, { code, blocks, goesOn }] of Object.entries(forms)) {
  const isOf = (name: string) => (error: unknown) => {
    assert.ok(error instanceof MPIError, String(error))
    assert.deepEqual([error.code, error.call], [code, name], error.message)
    return error.message.startsWith(`${name}: `)
  }
  assert.throws(blocks, isOf(call))
  assert.throws(goesOn, isOf(`i${call}`))
}
// Some are looked at on the way, and fail the call on all ranks.
const own = comm.split(comm.rank)
await assert.rejects(async () => await own?.ialltoall([]), { code: 'ERR_COUNT', call: 'ialltoall' })
assert.throws(() => own?.alltoall([]), { code: 'ERR_COUNT', call: 'alltoall' })
await assert.rejects(async () => await own?.iscatter(5 as never), { code: 'ERR_ARG', call: 'iscatter' })
own?.free()

// What is no list, in JavaScript.
const { group } = comm
const grid = comm.cart({ dims: [size] })
for (const wrong of [undefined, null, 5, 'x', {}] as never[]) {
  for (const call of ['incl', 'excl', 'rangeIncl', 'rangeExcl'] as const) {
    assert.throws(() => group[call](wrong), { code: 'ERR_ARG' })
  }
  assert.throws(() => group.translate(wrong, group), { code: 'ERR_ARG', call: 'translate' })
  assert.throws(() => grid?.sub(wrong), { code: 'ERR_DIMS', call: 'sub' })
  assert.throws(() => grid?.isub(wrong), { code: 'ERR_DIMS', call: 'isub' })
  assert.throws(() => grid?.rankOf(wrong), { code: 'ERR_DIMS', call: 'rankOf' })
  assert.throws(() => comm.cart(wrong), { code: 'ERR_DIMS', call: 'cart' })
  if (wrong !== undefined) {
    assert.throws(() => comm.cart({ dims: [size], periods: wrong }), { code: 'ERR_DIMS', call: 'cart' })
  }
  if (wrong !== 5) assert.throws(() => MPI.dims(6, wrong), { code: 'ERR_DIMS', call: 'dims' })
}
for (const wrong of [undefined, null, 5, 'SUM', MPI.SUM] as never[]) {
  assert.throws(() => MPI.op(wrong), { code: 'ERR_OP', call: 'op' })
}
const window = comm.createWindow(new Int8Array(1))
for (const wrong of [null, 5, 'shared', true, { shared: 1 }] as never[]) {
  assert.throws(() => window.lock(0, wrong), { code: 'ERR_ARG', call: 'Window.lock' })
}
window.free()
const node = comm.splitType('node')
assert.throws(() => node?.allocateShared(Int8Array, 2 ** 53), { code: 'ERR_NO_MEM', call: 'allocateShared' })

// Tags at both ends of the range are fine.
for (const tag of [0, MPI.TAG_UB]) {
  comm.send(tag, comm.rank, tag)
  assert.equal(comm.recv(comm.rank, tag), tag)
}
