import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import type { Comm } from '../../../src/mpi/api/comm.ts'
import type { MPIStatic } from '../../../src/mpi/mpi.ts'
import { createRuntime } from '../../../src/mpi/runtime.ts'
import { ShmLink } from '../../../src/rank/link/shm-link.ts'
import { allocateNodeMemory } from '../../../src/shm/layout.ts'
import { errorCode } from '../mpi/support/failure-of.ts'
import { testHost } from '../mpi/support/test-network.ts'

/** Blocking calls of one rank after the other in one thread: whatever would wait for another one fails. */
const SOON = { timeout: 2000 }

interface Rank {
  readonly link: ShmLink
  readonly MPI: MPIStatic
  readonly comm: Comm
  /** Messages that came the short way, into the view of their receive, and the long one. */
  placed: number
  begun: number
}

/** Ranks of a node, in this thread. */
function node(size: number): Rank[] {
  const memory = allocateNodeMemory(size)
  const endpointOfRank = Int32Array.from({ length: size }, (_, rank) => rank)
  return Array.from(endpointOfRank, (rank) => {
    const link = new ShmLink({ node: memory, rank, size, endpointOfRank, maySpin: false, mayYield: false })
    const { MPI } = createRuntime(link, testHost)
    const one: Rank = { link, MPI, comm: MPI.COMM_WORLD, placed: 0, begun: 0 }
    const receive = link.receive.bind(link)
    link.receive = (sink) => {
      const [place, begin] = [sink.place.bind(sink), sink.begin.bind(sink)]
      sink.place = (...words) => {
        const memory = place(...words)
        if (memory !== null) one.placed += 1
        return memory
      }
      sink.begin = (envelope) => {
        one.begun += 1
        return begin(envelope)
      }
      try {
        return receive(sink)
      } finally {
        Object.assign(sink, { place, begin })
      }
    }
    return one
  })
}

function trio(): [Rank, Rank, Rank] {
  const [first, second, third] = node(3)
  if (first === undefined || second === undefined || third === undefined) throw new Error('no ranks')
  return [first, second, third]
}

describe('Messages into the views of posted receives', () => {
  it('come with their status, and leave what is behind them', () => {
    const [first, second] = trio()
    const views = [new Float64Array([0.5, Number.NaN]), new BigUint64Array([7n]), new Uint8Array(3000).fill(9)]
    for (const view of [...views, new Int16Array(0)]) {
      const into = new (view.constructor as new (length: number) => typeof view)(view.length + 2)
      const request = second.comm.irecvInto(into, 0, 4)
      first.comm.send(view, 1, 4)
      expect(Object.assign({}, request.wait(SOON))).to.deep.equal({
        source: 0,
        tag: 4,
        count: view.length,
        bytes: view.byteLength,
        type: view.constructor.name,
      })
      expect(into.subarray(0, view.length)).to.deep.equal(view)
      expect([...into.subarray(view.length)].map(Number)).to.deep.equal([0, 0])
    }
    expect([second.placed, second.begun]).to.deep.equal([4, 0])
  })

  it('fill the status of the program', () => {
    const [first, second] = trio()
    const status = new second.MPI.Status()
    const request = second.comm.irecvInto(new Int32Array(2), second.MPI.ANY_SOURCE, second.MPI.ANY_TAG, { status })
    first.comm.send(new Int32Array(1), 1, 3)
    expect(request.wait(SOON)).to.equal(status)
    expect(request.status).to.equal(status)
    expect(status).to.include({ source: 0, tag: 3, count: 1 })
    expect(second.placed).to.equal(1)
  })

  it('go the long way where they do not fit, and fail there', () => {
    const [first, second] = trio()
    const [short, other] = [new Float32Array(2), new Float32Array(3)]
    const requests = [short, other, other].map((view) => second.comm.irecvInto(view, 0))
    first.comm.send(new Float32Array([1, 2, 3]), 1)
    first.comm.send(new Int32Array([4]), 1)
    first.comm.send(new Float32Array([5, 6]), 1)
    const codes = requests.map((request) => errorCode(() => request.wait(SOON)))
    expect(codes).to.deep.equal(['ERR_TRUNCATE', 'ERR_TYPE', undefined])
    expect([...short, ...other]).to.deep.equal([1, 2, 5, 6, 0])
    expect([second.placed, second.begun]).to.deep.equal([1, 2])
    first.comm.send({ a: 1 }, 1)
    expect(errorCode(() => second.comm.irecvInto(other, 0).wait(SOON))).to.equal('ERR_TYPE')
    expect(errorCode(() => second.MPI.waitAll(requests))).to.equal('ERR_TRUNCATE')
  })

  it('match receives in the order in which they were posted', () => {
    const [first, second] = trio()
    const { ANY_SOURCE, ANY_TAG } = second.MPI
    const views = Array.from({ length: 5 }, () => new Uint8Array(1))
    const [a, b, c, d, e] = views as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    const requests = [
      second.comm.irecvInto(a, 0, 2),
      second.comm.irecvInto(b, ANY_SOURCE, 1),
      second.comm.irecvInto(c, 0, 1),
      second.comm.irecvInto(d, 0, ANY_TAG),
      second.comm.irecvInto(e, 0, 1),
    ]
    for (const byte of [10, 11, 12, 13]) first.comm.send(Uint8Array.of(byte), 1, 1)
    first.comm.send(Uint8Array.of(20), 1, 2)
    second.MPI.waitAll(requests, SOON)
    expect(views.map(([byte]) => byte)).to.deep.equal([20, 10, 11, 12, 13])
    expect(second.placed).to.equal(5)
  })

  it('pass by receives that were cancelled', () => {
    const [first, second] = trio()
    const [cancelled, into] = [new Uint8Array(1), new Uint8Array(1)]
    const request = second.comm.irecvInto(cancelled, 0)
    const next = second.comm.irecvInto(into, 0)
    expect(request.cancel()).to.equal(true)
    first.comm.send(Uint8Array.of(7), 1)
    next.wait(SOON)
    expect([cancelled[0], into[0]]).to.deep.equal([0, 7])
    expect(errorCode(() => request.wait(SOON))).to.equal('ERR_CANCELLED')
  })

  it('are those that a probe has told of', () => {
    const [first, second] = trio()
    for (const byte of [1, 2]) first.comm.send(Uint8Array.of(byte), 1, byte)
    expect(second.comm.probe(0, 2, SOON).tag).to.equal(2)
    const views = [new Uint8Array(1), new Uint8Array(1), new Uint8Array(1)]
    const requests = views.map((view) => second.comm.irecvInto(view, 0))
    first.comm.send(Uint8Array.of(3), 1, 3)
    expect(second.MPI.waitAll(requests, SOON).map(({ tag }) => tag)).to.deep.equal([1, 2, 3])
    expect(views.map(([byte]) => byte)).to.deep.equal([1, 2, 3])
    expect([second.placed, second.begun]).to.deep.equal([1, 2])
  })

  it('are put into the places of a column', () => {
    const [first, second] = trio()
    const view = new Int32Array(6)
    const column = second.MPI.vector(view, { count: 3, stride: 2 })
    const request = second.comm.irecvInto(column, 0)
    first.comm.send(Int32Array.of(1, 2, 3), 1)
    expect(request.wait(SOON).count).to.equal(3)
    expect([...view]).to.deep.equal([1, 0, 2, 0, 3, 0])
  })

  it('fail where the memory of the view has been taken away', () => {
    const [first, second] = trio()
    const view = new Uint8Array(8)
    const request = second.comm.irecvInto(view, 0)
    structuredClone(view.buffer, { transfer: [view.buffer] })
    first.comm.send(new Uint8Array(8), 1)
    expect(errorCode(() => request.wait(SOON))).to.equal('ERR_BUFFER')
    expect(second.placed).to.equal(0)
  })
})

describe('Messages that nobody wants yet', () => {
  /** Rank 1 waits for rank 2 while `count` messages of rank 0 come, numbered. */
  function waitBeside(count: number, bytes: number = 8): [Rank, Rank, Rank] {
    const [first, second, third] = trio()
    for (let i = 0; i < count; i += 1) first.comm.send(new Uint8Array(bytes).fill(i), 1, i % 3)
    third.comm.send('wanted', 1)
    expect(second.comm.irecv(2).wait(SOON)).to.equal('wanted')
    return [first, second, third]
  }

  it('stay in their ring, and come in order into views that are given later', () => {
    const [first, second] = waitBeside(20)
    expect([second.link.hasNews, second.link.hasWanted]).to.deep.equal([true, false])
    first.comm.send(new Uint8Array(8).fill(20), 1, 2)
    expect(second.link.hasWanted).to.equal(true)
    const views = Array.from({ length: 21 }, () => new Uint8Array(8))
    const statuses = second.MPI.waitAll(
      views.map((view) => second.comm.irecvInto(view, 0)),
      SOON,
    )
    expect(views.map(([byte]) => byte)).to.deep.equal([...Array(21).keys()])
    expect(statuses.map(({ tag }) => tag)).to.deep.equal([...Array(21).keys()].map((i) => i % 3))
    expect(second.placed).to.equal(21)
    expect(second.link.hasNews).to.equal(false)
  })

  it('are found by probes, tests, receives from anybody and other tags', () => {
    const [, second, third] = waitBeside(6)
    const { comm, MPI } = second
    expect(comm.iprobe(0)?.tag).to.equal(0)
    expect(comm.improbe(0, 2)?.recv<Uint8Array>()[0]).to.equal(2)
    third.comm.send('later', 1)
    expect(comm.recv(2, MPI.ANY_TAG, SOON)).to.equal('later')
    expect(comm.recv<Uint8Array>(MPI.ANY_SOURCE, 1, SOON)[0]).to.equal(1)
    const test = comm.irecv<Uint8Array>(0, 0).test()
    expect(test.done && test.value[0]).to.equal(0)
    expect([3, 4, 5].map(() => comm.recv<Uint8Array>()[0])).to.deep.equal([3, 4, 5])
    expect(comm.iprobe()).to.equal(null)
  })

  it('come to receives that are awaited, also where the event loop waited before', async () => {
    const [first, second, third] = trio()
    const before = second.comm.irecv<string>(2, 5)
    const awaited = before.then((text) => text)
    // The event loop waits for the link.
    await setImmediate()
    for (let i = 0; i < 3; i += 1) first.comm.send(i, 1)
    third.comm.send('wanted', 1, 1)
    expect(second.comm.recv(2, 1, SOON)).to.equal('wanted')
    const values = [0, 1, 2].map(() => second.comm.irecv<number>(0))
    expect(await Promise.all(values)).to.deep.equal([0, 1, 2])
    third.comm.send('awaited', 1, 5)
    expect(await awaited).to.equal('awaited')
  })

  it('do not fill their ring', () => {
    const bytes = 4096
    const [, second] = waitBeside(200, bytes)
    expect(second.begun).to.be.greaterThan(100)
    for (let i = 0; i < 200; i += 1) expect(second.comm.recv<Uint8Array>(0)[0]).to.equal(i)
  })

  it('do not stand before what the rank needs for its own messages', () => {
    const [first, second, third] = trio()
    for (let i = 0; i < 3; i += 1) first.comm.send(i, 1)
    const synchronous = second.comm.issend('matched', 0)
    expect(first.comm.recv(1)).to.equal('matched')
    third.comm.send('wanted', 1)
    expect(second.comm.irecv(2).wait(SOON)).to.equal('wanted')
    // Its acknowledgement came behind the three.
    expect(synchronous.test().done).to.equal(true)
    expect(second.link.hasNews).to.equal(false)
    expect([0, 1, 2].map(() => second.comm.recv(0))).to.deep.equal([0, 1, 2])
  })
})
