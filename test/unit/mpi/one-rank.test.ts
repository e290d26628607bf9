import { inspect } from 'node:util'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { LoopbackLink } from '../../../src/mpi/link/loopback-link.ts'
import { MPIError } from '../../../src/mpi/terms/mpi-error.ts'
import { abortStatus, createRuntime } from '../../../src/mpi/runtime.ts'
import { VERSION } from '../../../src/mpi/version.ts'
import { testHost } from './support/test-network.ts'

const { MPI } = createRuntime(new LoopbackLink(), testHost)
const comm = MPI.COMM_WORLD

/** What a call throws. */
function errorOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('it did not throw')
}

describe('A job of one rank', () => {
  it('sends to itself, before and after the receive, of any size', () => {
    const early = comm.irecv(0, 1)
    comm.send('early', 0, 1)
    expect(early.wait()).to.equal('early')
    expect(early.test()).to.deep.equal({ done: true, value: 'early' })
    expect(early.test()).to.deep.equal({ done: true, value: 'early' })
    const big = new Float64Array(2 ** 17).map((_, i) => i)
    comm.send(big, 0)
    big.fill(-1)
    const copy = comm.recv<Float64Array>()
    expect(copy[1000]).to.equal(1000)
  })

  it('undefined, null, the empty string and an empty view are messages of their own', () => {
    for (const value of [undefined, null, '', 0]) comm.send(value, 0)
    comm.send(new Int16Array(0), 0)
    expect([comm.recv(), comm.recv(), comm.recv(), comm.recv()]).to.deep.equal([undefined, null, '', 0])
    const status = new MPI.Status()
    expect(comm.recv(0, 0, { status })).to.deep.equal(new Int16Array(0))
    expect(status).to.include({ count: 0, bytes: 0, type: 'Int16Array' })
  })

  it('a wait that cannot end is a deadlock, and leaves nothing posted', () => {
    expect(errorOf(() => comm.recv(0, 9))).to.include({ code: 'ERR_DEADLOCK', call: 'recv' })
    expect(errorOf(() => comm.ssend(1, 0, 9))).to.include({ code: 'ERR_DEADLOCK' })
    expect(comm.recv(0, 9)).to.equal(1)
    expect(errorOf(() => comm.recv(0, 9, { timeout: 10 }))).to.include({ code: 'ERR_TIMEOUT' })
    expect(errorOf(() => comm.probe(0, 9, { timeout: 10 }))).to.include({ code: 'ERR_TIMEOUT' })
    comm.send('fresh', 0, 9)
    expect(comm.recv(0, 9)).to.equal('fresh')
  })

  it('refuses bad tags, ranks and roots before anything is sent', () => {
    for (const tag of [-1, -5, MPI.TAG_UB + 1, 1.5, Number.NaN, '1' as unknown as number]) {
      expect(
        errorOf(() => comm.send(1, 0, tag)),
        `send, tag ${tag}`,
      ).to.include({ code: 'ERR_TAG' })
      if (tag !== MPI.ANY_TAG)
        expect(
          errorOf(() => comm.recv(0, tag)),
          `recv, tag ${tag}`,
        ).to.include({ code: 'ERR_TAG' })
    }
    for (const rank of [-3, 1, 0.5, Number.NaN, undefined as unknown as number]) {
      expect(
        errorOf(() => comm.send(1, rank)),
        `rank ${rank}`,
      ).to.include({ code: 'ERR_RANK' })
      if (rank !== undefined)
        expect(
          errorOf(() => comm.bcast(1, rank)),
          `root ${rank}`,
        ).to.include({ code: 'ERR_ROOT' })
    }
    expect(String(errorOf(() => comm.recv(5)))).to.match(
      /recv\(source = 5\): rank 5 does not exist in COMM_WORLD, which has 1 rank/,
    )
    expect(comm.iprobe()).to.equal(null)
    for (const tag of [0, MPI.TAG_UB]) comm.send(tag, 0, tag)
    expect(comm.recv(0, MPI.TAG_UB)).to.equal(MPI.TAG_UB)
    expect(comm.recv()).to.equal(0)
  })

  it('refuses what cannot travel or be received into, and unknown operations', () => {
    expect(errorOf(() => comm.send({ f: () => 1 }, 0)))
      .to.be.instanceOf(MPIError)
      .and.include({ code: 'ERR_TYPE' })
    const view = new DataView(new ArrayBuffer(8)) as unknown as Uint8Array
    expect(errorOf(() => comm.recvInto(view, 0))).to.include({ code: 'ERR_TYPE' })
    expect(errorOf(() => comm.allreduce(1, 'SUM' as never))).to.include({ code: 'ERR_OP' })
    expect(errorOf(() => comm.allreduce('text'))).to.include({ code: 'ERR_TYPE' })
    expect(errorOf(() => comm.allreduce(new Float64Array(1), MPI.BAND))).to.include({ code: 'ERR_OP' })
    const memory = new Float64Array(4)
    expect(errorOf(() => comm.allreduceInto(memory.subarray(0, 2), memory.subarray(1, 3)))).to.include({
      code: 'ERR_BUFFER',
    })
    expect(errorOf(() => comm.allreduceInto(new Float64Array(1), new Float64Array(2)))).to.include({
      code: 'ERR_COUNT',
    })
  })

  it('gives itself copies, and refuses what could not travel to another rank', async () => {
    const own = { list: [1, { two: 2 }] }
    const copies = [
      comm.gather(own)?.[0],
      comm.allgather(own)[0],
      comm.alltoall([own])[0],
      comm.scatter([own]),
      (await comm.igather(own))?.[0],
      (await comm.iallgather(own))[0],
      (await comm.ialltoall([own]))[0],
      await comm.iscatter([own]),
    ]
    for (const copy of copies) {
      expect(copy).to.deep.equal(own)
      expect(copy).to.not.equal(own)
    }
    for (const value of [undefined, null, true, -0, 7n, 'text', NaN]) expect(comm.gather(value)).to.deep.equal([value])
    const calls = [
      (x: unknown) => comm.gather(x),
      (x: unknown) => comm.allgather(x),
      (x: unknown) => comm.alltoall([x]),
      (x: unknown) => comm.scatter([x]),
      (x: unknown) => comm.bcast(x),
    ]
    for (const call of calls) {
      for (const value of [() => 1, Symbol('s'), { f: () => 1 }, comm]) {
        expect(errorOf(() => call(value))).to.include({ code: 'ERR_TYPE' })
      }
    }
  })

  it('waits for several requests', () => {
    const requests = [comm.irecv(0, 1), comm.irecv(0, 2), comm.irecv(0, 3)]
    expect(MPI.testAll(requests)).to.deep.equal({ done: false })
    expect(MPI.testAny(requests)).to.deep.equal({ done: false })
    expect(requests[0]?.cancel()).to.equal(true)
    expect(requests[0]?.cancel()).to.equal(false)
    comm.send('three', 0, 3)
    expect(MPI.waitAny(requests)).to.deep.equal({ index: 2, value: 'three' })
    comm.send('two', 0, 2)
    expect(MPI.waitSome(requests)).to.deep.equal([{ index: 1, value: 'two' }])
    // Each is told of once, as in MPI, where it becomes REQUEST_NULL.
    expect(MPI.waitSome(requests)).to.deep.equal([])
    expect(MPI.testAny(requests)).to.deep.equal({ done: true, index: MPI.UNDEFINED, value: undefined })
    expect(MPI.waitAll(requests.slice(1))).to.deep.equal(['two', 'three'])
    expect(MPI.waitAll([])).to.deep.equal([])
    expect(MPI.waitAny(requests.slice(0, 1))).to.deep.equal({ index: MPI.UNDEFINED, value: undefined })
    expect(errorOf(() => requests[0]?.wait())).to.include({ code: 'ERR_CANCELLED' })
    expect(errorOf(() => MPI.waitAny([comm.irecv(0, 8)], { timeout: 5 }))).to.include({ code: 'ERR_TIMEOUT' })
  })

  it('waitSome throws what made a request fail once, and tells of the others next time', () => {
    const requests = [comm.irecv(0, 1), comm.irecvInto(new Int8Array(1), 0, 2)]
    comm.send('one', 0, 1)
    comm.send(new Int8Array(2), 0, 2)
    expect(errorOf(() => MPI.waitSome(requests))).to.include({ code: 'ERR_TRUNCATE' })
    expect(MPI.waitSome(requests)).to.deep.equal([{ index: 0, value: 'one' }])
  })

  it('what is no list of requests is ERR_ARG', () => {
    for (const call of ['waitAll', 'waitAny', 'waitSome', 'testAll', 'testAny'] as const) {
      for (const wrong of [undefined, 5, [5], [null], {}, [Promise.resolve()]]) {
        expect(errorOf(() => MPI[call](wrong as never))).to.include({ code: 'ERR_ARG', call })
      }
    }
  })

  it('shows what it is, not what it is made of', () => {
    expect(inspect(comm)).to.equal("Comm { name: 'COMM_WORLD', rank: 0, size: 1 }")
    expect(inspect(comm.group)).to.equal('Group { worldRanks: [0] }')
    const request = comm.irecv(0, 7)
    expect(inspect(request)).to.equal('Request { irecv(source = 0, tag = 7): pending }')
    request.cancel()
    expect(inspect(request)).to.equal('Request { irecv(source = 0, tag = 7): failed }')
  })

  it('a request can be used as a promise', async () => {
    const request = comm.irecv<string>(0, 1)
    let isOver = false
    const after = request.finally(() => {
      isOver = true
    })
    comm.send('value', 0, 1)
    expect(await after).to.equal('value')
    expect(isOver).to.equal(true)
    const cancelled = comm.irecv(0, 2)
    cancelled.cancel()
    expect(await cancelled.catch((error: unknown) => error)).to.include({ code: 'ERR_CANCELLED' })
  })

  it('PROC_NULL takes and gives nothing', () => {
    comm.send(1, MPI.PROC_NULL)
    const status = new MPI.Status()
    expect(comm.recv(MPI.PROC_NULL, 5, { status })).to.equal(undefined)
    expect(status).to.include({ source: MPI.PROC_NULL, tag: MPI.ANY_TAG, count: 0 })
    expect(comm.probe(MPI.PROC_NULL)).to.include({ source: -2, tag: -1, count: 0 })
    expect(comm.recvInto(new Int8Array(1), MPI.PROC_NULL)).to.include({ source: -2 })
  })

  it('a freed communicator is refused, its requests go on', () => {
    const copy = comm.dup()
    const request = copy.irecv(0, 1)
    copy.send('late', 0, 1)
    copy.free()
    expect(errorOf(() => copy.send(1, 0))).to.include({ code: 'ERR_COMM' })
    expect(errorOf(() => copy.barrier())).to.include({ code: 'ERR_COMM' })
    expect(request.wait()).to.equal('late')
    for (let i = 0; i < 1000; i += 1) comm.dup().free()
  })

  it('abort makes an exit status of any code', () => {
    const statuses = [7, 0, 256, 300, -1, 1.5].map(abortStatus)
    expect(statuses).to.deep.equal([7, 1, 1, 44, 255, 1])
  })

  it('has the version of the package', () => {
    expect(JSON.parse(readFileSync('package.json', 'utf8'))).to.include({ version: VERSION })
    expect(MPI.version).to.equal(VERSION)
  })
})
