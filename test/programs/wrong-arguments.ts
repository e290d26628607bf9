// Wrong arguments throw before anything is sent, and name what is allowed.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
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

// A misspelt option is no option that was left out.
const own = comm.split(comm.rank)
assert.ok(own !== null)
const view = Int8Array.of(1)
const into = new Int8Array(1)
const misspelt: Record<string, (options: never) => unknown> = {
  send: (options) => own.send(1, 0, 0, options),
  issend: (options) => own.issend(1, 0, 0, options),
  recv: (options) => own.recv(0, 0, options),
  recvInto: (options) => own.recvInto(into, 0, 0, options),
  probe: (options) => own.probe(0, 0, options),
  mprobe: (options) => own.mprobe(0, 0, options),
  messages: (options) => own.messages(options),
  sendrecv: (options) => own.sendrecv(1, 0, 0, options),
  barrier: (options) => own.barrier(options),
  bcast: (options) => own.bcast(1, 0, options),
  gatherInto: (options) => own.gatherInto(view, into, 0, options),
  ialltoallInto: (options) => own.ialltoallInto(view, into, options),
  allreduce: (options) => own.allreduce(1, MPI.SUM, options),
  reduceScatter: (options) => own.reduceScatter(view, MPI.SUM, options),
  parallelMap: (options) => own.parallelMap((x) => x, [], options),
  waitAll: (options) => MPI.waitAll([own.ibarrier()], options),
  waitAny: (options) => MPI.waitAny([own.ibarrier()], options),
  ibarrier: (options) => own.ibarrier().wait(options),
}
for (const [call, make] of Object.entries(misspelt)) {
  const reason =
    call === 'waitAny' || call === 'waitAll' || call === 'ibarrier' ? 'timeout' : '.*status, timeout, signal'
  const message = new RegExp(
    `^${call}: there is no option 'timout'; did you mean 'timeout'\\? Its options are ${reason}$`,
  )
  assert.throws(() => make({ timout: 5 } as never), { code: 'ERR_ARG', call, message })
  // An object that holds none of the call's options is one for something else; one that holds more is fine.
  assert.throws(() => make({ peer: 0 } as never), { code: 'ERR_ARG', call, message: /no option 'peer'; its options/ })
  if (!call.includes('rec') && !call.includes('probe')) make({ timeout: 60_000, peer: 0 } as never)
}
while (own.iprobe(0) !== null) own.recv(0)
assert.deepEqual(own.cart([1, 1])?.dims, [1, 1])
assert.throws(() => own.cart([0]), { code: 'ERR_DIMS' })
assert.throws(() => own.cart({ dims: [1], period: true } as never), { code: 'ERR_ARG', message: /'periods'/ })
assert.throws(() => MPI.op(Math.max, { comute: true } as never), { code: 'ERR_ARG', message: /'commute'/ })
assert.throws(() => MPI.vector(view, { count: 1, stride: 1, blocklength: 1 } as never), { message: /'blockLength'/ })
assert.throws(() => MPI.vector(view, undefined as never), { code: 'ERR_ARG', call: 'vector' })
assert.throws(() => MPI.subarray(view, { sizes: 1 } as never), { code: 'ERR_ARG', call: 'subarray' })
for (const wrong of [5, null, 'text', { timeout: Number.NaN }] as never[]) {
  assert.throws(() => MPI.waitAll([own.ibarrier()], wrong), { code: 'ERR_ARG', call: 'waitAll' })
  assert.throws(() => own.ibarrier().wait(wrong), { code: 'ERR_ARG', call: 'ibarrier' })
}
// A misspelt constant is undefined, and no wish for the default; an upper-case one says what was meant.
const misspeltName = MPI as unknown as Record<string, never>
const { max, anySource } = misspeltName as { max: never; anySource: never }
const shared = own.createWindow(new Int32Array(1))
const undefinedConstants: Record<string, readonly (() => unknown)[]> = {
  ERR_OP: [
    () => own.allreduce(1, max),
    () => own.iallreduce(1, max),
    () => own.allreduceInto(view, into, max),
    () => own.reduce(1, max),
    () => own.reduceInto(view, into, max),
    () => own.scan(1, max),
    () => own.exscanInto(view, into, max),
    () => own.reduceScatter(view, max),
    () => own.ireduceScatterInto(view, into, max),
    () => own.parallelReduce((x: number) => x, max, [1]),
    () => MPI.reduceLocal(1, 2, max),
    () => MPI.reduceLocalInto(view, into, max),
    () => shared.accumulate(Int32Array.of(1), 0, 0, max),
    () => shared.fetchAndOp(1, 0, 0, max),
  ],
  ERR_RANK: [
    () => own.recv(anySource),
    () => own.irecv(anySource),
    () => own.recvInto(into, anySource),
    () => own.iprobe(anySource),
    () => own.mprobe(anySource),
    () => own.send(1, anySource),
    () => own.sendrecv(1, 0, anySource),
    () => own.messages({ source: anySource }),
    () => shared.put(Int32Array.of(1), anySource),
  ],
  ERR_TAG: [
    () => own.send(1, 0, max),
    () => own.issend(1, 0, max),
    () => own.recv(0, max),
    () => own.irecvInto(into, 0, max),
    () => own.improbe(0, max),
    () => own.sendrecv(1, 0, 0, { sendTag: max }),
    () => own.sendrecvInto(view, 0, into, 0, { recvTag: max }),
    () => own.messages({ tag: max }),
    () => own.createGroup(own.group, max),
  ],
  ERR_ROOT: [
    () => own.bcast(1, max),
    () => own.ibcastInto(view, max),
    () => own.scatter([1], max),
    () => own.gather(1, max),
    () => own.igatherInto(view, into, max),
    () => own.reduce(1, MPI.SUM, max),
    () => own.reduceInto(view, into, MPI.SUM, max),
    () => own.parallelMap((x) => x, [1], { root: max }),
  ],
}
for (const [code, calls] of Object.entries(undefinedConstants)) {
  for (const call of calls) assert.throws(call, { code, message: /undefined/ }, String(call))
}
shared.free()
assert.equal(own.iprobe(), null)
assert.equal(own.allreduce(1), 1)
const meant = {
  MAXIMUM: 'MAX',
  INPLACE: 'IN_PLACE',
  PROCNULL: 'PROC_NULL',
  UNDEFIND: 'UNDEFINED',
  MPI_SUM: 'SUM',
  WTIME: 'wtime',
}
for (const [name, right] of Object.entries(meant)) {
  const message = `there is no MPI.${name}; did you mean MPI.${right}?`
  assert.throws(() => misspeltName[name], { code: 'ERR_ARG', call: 'MPI', message })
}
assert.throws(() => misspeltName['DOUBLE'], { code: 'ERR_ARG', message: /Float64Array/ })
assert.throws(() => misspeltName['NOTHING'], {
  code: 'ERR_ARG',
  message: /its constants are COMM_WORLD, .*, BXOR, REPLACE, NO_OP$/,
})

for (const call of ['waitAll', 'waitAny', 'waitSome', 'testAll', 'testAny'] as const) {
  const holes = new Array<never>(2)
  assert.throws(() => MPI[call](holes), { code: 'ERR_ARG', call })
  assert.throws(() => MPI[call](own.ibarrier() as never), { code: 'ERR_ARG', message: /not a Request$/ })
}
for (const wrong of ['text', undefined, [1]] as never[]) {
  assert.throws(() => own.sendrecvInto(wrong, 0, into, 0), { code: 'ERR_TYPE', call: 'sendrecvInto' })
  assert.throws(() => own.isendrecvInto(wrong, 0, into, 0), { code: 'ERR_TYPE', call: 'isendrecvInto' })
}
assert.throws(() => own.messages({ source: null as never }), { code: 'ERR_RANK', call: 'messages' })

// A view whose memory was given away, or cut off.
for (const gone of [new Uint8Array(8), new Float64Array(1)]) {
  structuredClone(gone.buffer, { transfer: [gone.buffer] })
  const calls: Record<string, () => unknown> = {
    send: () => own.send(gone, 0),
    isend: () => own.isend(gone, 0),
    recvInto: () => own.recvInto(gone, 0),
    irecvInto: () => own.irecvInto(gone, 0),
    bcastInto: () => own.bcastInto(gone),
    allreduceInto: () => own.allreduceInto(gone, gone),
  }
  own.send(new Uint8Array(0), 0, 1)
  assert.throws(() => own.recvInto(gone, 0, 1), { code: 'ERR_BUFFER' })
  assert.equal(own.recv<Uint8Array>(0, 1).length, 0)
  for (const [call, make] of Object.entries(calls)) assert.throws(make, { code: 'ERR_BUFFER', call })
}

// While a receive is under way: it fails, and everything else goes on.
const [next, before] = [(comm.rank + 1) % size, (comm.rank + size - 1) % size]
for (const bytes of [8, 100_000]) {
  for (const gone of [new Uint8Array(bytes), new Float64Array(bytes / 8)]) {
    const message = gone.slice()
    const request = comm.irecvInto(gone, before, 1)
    structuredClone(gone.buffer, { transfer: [gone.buffer] })
    comm.barrier()
    comm.send(message, next, 1)
    comm.send(bytes, next, 2)
    assert.equal(comm.recv(before, 2), bytes)
    assert.throws(() => request.wait(), { code: 'ERR_BUFFER', call: 'irecvInto', message: /the message is lost$/ })
  }
}

// What cannot travel fails a collective on all its ranks, whoever gave it.
const last = size - 1
const given = comm.rank === last ? () => 1 : 1
const cannotTravel = {
  code: 'ERR_TYPE',
  message: /^i?\w+: rank \d of [^ ]+ gave what cannot travel: a message cannot carry a function$/,
}
if (size > 1) {
  assert.throws(() => comm.allgather(given), { ...cannotTravel, call: 'allgather' })
  await assert.rejects(async () => await comm.iallgather(given), {
    ...cannotTravel,
    call: 'iallgather',
  })
  assert.throws(() => comm.alltoall(new Array(size).fill(given)), { ...cannotTravel, call: 'alltoall' })
  assert.throws(() => comm.bcast(given, last), cannotTravel)
  assert.throws(() => comm.scatter(new Array(size).fill(given), last), cannotTravel)
}

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
  if (wrong !== (5 as never)) assert.throws(() => comm.cart(wrong), { code: 'ERR_DIMS', call: 'cart' })
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
assert.throws(() => window.put(Int8Array.of(1), '0' as never), { code: 'ERR_RANK', call: 'Window.put' })
assert.throws(() => window.put(Int8Array.of(1), 0, MPI.SUM as never), {
  message: 'Window.put: index = an Op; it must be an integer of at least 0',
})
window.free()
assert.throws(() => window.lengthOf(0), { code: 'ERR_WIN', call: 'Window.lengthOf' })
const node = comm.splitType('node')
assert.throws(() => node?.allocateShared(Int8Array, 1).view('0' as never), { code: 'ERR_RANK' })
assert.throws(() => node?.allocateShared(Int8Array, 2 ** 53), { code: 'ERR_NO_MEM', call: 'allocateShared' })

// Tags at both ends of the range are fine.
for (const tag of [0, MPI.TAG_UB]) {
  comm.send(tag, comm.rank, tag)
  assert.equal(comm.recv(comm.rank, tag), tag)
}

// A rank that is given and undefined is a misspelt one, and not the wish for all or for one's own.
const target = comm.createWindow(new Int32Array(1))
for (const call of ['flush', 'iflush', 'flushLocal'] as const) {
  assert.throws(() => target[call](undefined), { code: 'ERR_RANK' })
}
target.free()
assert.throws(() => node?.allocateShared(Int8Array, 1).view(undefined), { code: 'ERR_RANK' })

// What is freed can be compared no more.
const freed = comm.dup()
freed.free()
assert.throws(() => freed.compare(comm), { code: 'ERR_COMM' })
assert.throws(() => comm.compare(freed), { code: 'ERR_COMM' })

// In place, too, elements beyond the counts are none that a call leaves out in silence.
const tooLong = new Int32Array(size + 1)
const counts = new Array<number>(size).fill(1)
for (const call of ['reduceScatterInto', 'ireduceScatterInto'] as const) {
  assert.throws(() => comm[call](MPI.IN_PLACE, tooLong, MPI.SUM, { counts }), { code: 'ERR_COUNT' })
}

// To look at MPI is no mistake.
assert.ok(MPI instanceof Object)
assert.equal('SUMM' in MPI, false)
assert.equal(Reflect.get(MPI, 'then'), undefined)
assert.match(inspect(MPI), /^\{[^]*Group: \[class Group\]/)
