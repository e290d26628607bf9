import { expect } from 'chai'
import type { Comm } from '../../../src/mpi/api/comm.ts'
import type { View } from '../../../src/mpi/datatypes/datatype.ts'
import type { Request } from '../../../src/mpi/terms/request.ts'
import { createRuntime } from '../../../src/mpi/runtime.ts'
import { ShmLink } from '../../../src/rank/link/shm-link.ts'
import { Doorbell } from '../../../src/shm/doorbell.ts'
import { allocateNodeMemory } from '../../../src/shm/layout.ts'
import { RingReader, RingWriter } from '../../../src/shm/ring.ts'
import { Datatype, ENVELOPE_BYTES, makeEnvelope, readEnvelope, writeEnvelope } from '../../../src/wire/envelope.ts'
import { RecordKind } from '../../../src/wire/record.ts'
import { Random, testSeed } from '../../support/random.ts'
import { errorCode } from '../mpi/support/failure-of.ts'
import { testHost } from '../mpi/support/test-network.ts'

/** Blocking calls of one rank after the other in one thread: whatever would wait for the other one fails. */
const SOON = { timeout: 2000 }

class Rank {
  readonly link: ShmLink
  readonly comm: Comm
  /** Messages that came the short way, and looks of the long way. */
  briefly = 0
  looks = 0

  constructor(link: ShmLink, creditBytes?: number) {
    this.link = link
    this.comm = createRuntime(link, {
      ...testHost,
      ...(creditBytes === undefined ? {} : { creditBytes }),
    }).MPI.COMM_WORLD
    const take = link.brief.take.bind(link.brief)
    link.brief.take = (memory) => {
      this.briefly += 1
      take(memory)
    }
    const receive = link.receive.bind(link)
    link.receive = (sink) => {
      this.looks += 1
      return receive(sink)
    }
  }
}

/** Ranks 0 and 1 of a node, in this thread. */
function pair(creditBytes?: number): [Rank, Rank] {
  const node = allocateNodeMemory(2)
  const endpointOfRank = Int32Array.of(0, 1)
  const [first, second] = [0, 1].map((rank) => {
    return new Rank(
      new ShmLink({ node, rank, size: 2, endpointOfRank, maySpin: rank === 0, mayYield: false }),
      creditBytes,
    )
  })
  if (first === undefined || second === undefined) throw new Error('no ranks')
  return [first, second]
}

/** Rank 0, alone on its node, and its agent's ends of the rings: ranks 1 and 2 are on other nodes. */
class FarRanks {
  readonly rank: Rank
  private readonly toRank: RingWriter
  private readonly fromRank: RingReader

  constructor() {
    const node = allocateNodeMemory(1)
    const endpointOfRank = Int32Array.of(0, -1, -1)
    this.rank = new Rank(new ShmLink({ node, rank: 0, size: 3, endpointOfRank, maySpin: false, mayYield: false }))
    const agent = node.endpoints - 1
    this.toRank = new RingWriter(node, agent, 0, new Doorbell(node, 0))
    this.fromRank = new RingReader(node, 0, agent)
  }

  /** A message of COMM_WORLD with one byte. */
  send(source: number, tag: number, byte: number): void {
    const writer = this.toRank
    expect(writer.reserve(ENVELOPE_BYTES + 1, ENVELOPE_BYTES + 1)).to.equal(true)
    writeEnvelope(
      writer.words,
      writer.floats,
      writer.bodyOffset,
      makeEnvelope(source, 0, 0, tag, Datatype.uint8, 0, 0, 1),
    )
    writer.bytes[writer.bodyOffset + ENVELOPE_BYTES] = byte
    writer.commit(RecordKind.begin, source, 0, ENVELOPE_BYTES + 1)
  }

  /** What the rank has written to its agent: kinds, receivers, and for credit the bytes, for messages tag and byte. */
  written(): [kind: number, dest: number, ...rest: number[]][] {
    const found: [number, number, ...number[]][] = []
    const { fromRank } = this
    while (fromRank.next()) {
      const { kind, dest, bodyOffset, words, floats, bytes } = fromRank
      if (kind === RecordKind.credit) found.push([kind, dest, floats[bodyOffset >>> 3] ?? 0])
      else {
        const { tag } = readEnvelope(words, floats, bodyOffset)
        found.push([kind, dest, tag, bytes[bodyOffset + ENVELOPE_BYTES] ?? -1])
      }
      fromRank.release()
    }
    return found
  }
}

describe('Small messages between ranks of a node', () => {
  it('come with the same content and status on the short and on the long way', () => {
    const [first, second] = pair()
    const views = [
      new Float64Array([0.1, -0, Number.NaN]),
      new BigInt64Array([-5n]),
      new Uint16Array(1000).fill(7),
      new Int8Array(0),
    ]
    for (const view of views) {
      const make = (): View => new (view.constructor as new (length: number) => View)(view.length)
      const into = make()
      const statuses = Array.from({ length: 3 }, () => {
        first.comm.send(view, 1, 5)
        // The first receive into a view goes the long way.
        const status = second.comm.recvInto(into, 0, 5)
        expect(into).to.deep.equal(view)
        into.set(make() as never)
        return Object.assign({}, status)
      })
      expect(statuses[1]).to.deep.equal(statuses[0])
      expect(statuses[2]).to.deep.equal(statuses[0])
    }
    expect(second.briefly).to.be.at.least(views.length)
    const values = [
      undefined,
      null,
      -0,
      'text',
      { a: 7, b: 3.14 },
      [1, { deep: [2] }],
      new Map([[1, 2]]),
      'x'.repeat(3000),
      ...views,
    ]
    const before = second.briefly
    for (const value of values) {
      first.comm.send(value, 1)
      expect(second.comm.recv(0)).to.deep.equal(value)
    }
    expect(second.briefly - before).to.be.greaterThan(values.length - 2)
  })

  it('fail as others do where they do not fit, and are received then', () => {
    const [first, second] = pair()
    const into = new Float32Array(2)
    const messages = [
      new Float32Array([1, 2]),
      new Float32Array([3, 4, 5]),
      new Int32Array([6, 7]),
      new Float32Array([8]),
    ]
    for (const message of messages) first.comm.send(message, 1)
    expect(messages.map(() => errorCode(() => second.comm.recvInto(into, 0)))).to.deep.equal([
      undefined,
      'ERR_TRUNCATE',
      'ERR_TYPE',
      undefined,
    ])
    expect([...into]).to.deep.equal([8, 4])
    for (const wrong of [2, 0.5, -3, '0', null]) {
      expect(
        errorCode(() => second.comm.recvInto(into, wrong as number)),
        String(wrong),
      ).to.equal('ERR_RANK')
      expect(
        errorCode(() => first.comm.send(into, wrong as number)),
        String(wrong),
      ).to.equal('ERR_RANK')
    }
    first.comm.send(into, 1)
    expect(errorCode(() => second.comm.recv(0, 0.5))).to.equal('ERR_TAG')
    expect(errorCode(() => second.comm.recvInto(into, 0, -2))).to.equal('ERR_TAG')
    expect(second.comm.recv(0, 0)).to.deep.equal(into)
  })

  it('give credit back', () => {
    const [first, second] = pair(20_000)
    const [view, into] = [new Uint8Array(8), new Uint8Array(8)]
    for (let i = 0; i < 1000; i += 1) {
      view[0] = i
      first.comm.send(view, 1, 0, SOON)
      expect(second.comm.recvInto(into, 0).bytes).to.equal(8)
      expect(into[0]).to.equal(i & 0xff)
      // The sender reads what it is given back.
      if (i % 8 === 0) first.comm.iprobe(1)
    }
    expect(second.briefly).to.be.greaterThan(900)
  })

  it('do not keep everything else from moving', () => {
    const [first, second] = pair()
    const into = new Uint8Array(1)
    const before = second.looks
    for (let i = 0; i < 1000; i += 1) {
      first.comm.send(into, 1)
      second.comm.recvInto(into, 0)
    }
    expect(second.looks - before).to.be.within(20, 200)
  })

  it('are not received in a communicator that is freed', () => {
    const [first, second] = pair()
    const into = new Uint8Array(1)
    for (let i = 0; i < 3; i += 1) {
      first.comm.send(into, 1)
      second.comm.recvInto(into, 0)
    }
    first.comm.send(into, 1)
    const calls = Reflect.get(second.comm, 'pointToPoint') as { isFreed: boolean }
    calls.isFreed = true
    expect(errorCode(() => second.comm.recvInto(into, 0))).to.equal('ERR_COMM')
    expect(errorCode(() => second.comm.recv(0))).to.equal('ERR_COMM')
    expect(errorCode(() => second.comm.send(into, 0))).to.equal('ERR_COMM')
  })

  it('match in order among all other messages and receives', () => {
    const seed = testSeed()
    const random = new Random(seed)
    for (let round = 0; round < 20; round += 1) randomRound(random, `seed ${seed}, round ${round}`)
  })
})

describe('Small messages from ranks of other nodes', () => {
  it('come the short way, each sender in its order', () => {
    const far = new FarRanks()
    const { rank } = far
    const into = Array.from({ length: 4 }, () => new Uint8Array(1))
    for (let i = 0; i < 20; i += 1) far.send(1, i, i)
    for (let i = 0; i < 20; i += 1) {
      const view = into[i % 4] as Uint8Array
      const { source, tag, bytes, count, type } = rank.comm.recvInto(view, 1)
      expect([source, tag, bytes, count, type, view[0]]).to.deep.equal([1, i, 1, 1, 'Uint8Array', i])
    }
    expect(rank.briefly).to.equal(20)
    // The other sender's message is in front, and then of the same one with another tag.
    far.send(2, 0, 100)
    far.send(1, 1, 101)
    far.send(1, 2, 102)
    far.send(1, 1, 103)
    expect(rank.comm.recv(1, 2)).to.deep.equal(Uint8Array.of(102))
    expect([rank.comm.recv(1), rank.comm.recv(1), rank.comm.recv(2)]).to.deep.equal(
      [101, 103, 100].map((byte) => Uint8Array.of(byte)),
    )
  })

  it('stay in the ring behind the one that a call has waited for', () => {
    const far = new FarRanks()
    const { rank } = far
    const view = new Uint8Array(1)
    // While the call waits, which it does only where nothing has come when it begins.
    const receive = rank.link.receive.bind(rank.link)
    rank.link.receive = (sink) => {
      rank.link.receive = receive
      for (let i = 0; i < 10; i += 1) far.send(1, 0, i)
      return receive(sink)
    }
    for (let i = 0; i < 10; i += 1) {
      expect(rank.comm.recvInto(view, 1, 0, i === 0 ? SOON : undefined).source).to.equal(1)
      expect(view[0]).to.equal(i)
    }
    expect(rank.briefly).to.equal(9)
  })

  it('give their credit back', () => {
    const far = new FarRanks()
    const view = new Uint8Array(1)
    const messages = 40_000
    for (let i = 0; i < messages; i += 1) {
      far.send(1, 0, i)
      far.rank.comm.recvInto(view, 1)
    }
    const credit = far.written().filter(([kind]) => kind === RecordKind.credit)
    expect(credit.map(([, dest]) => dest)).to.deep.equal(credit.map(() => 1))
    const given = credit.reduce((sum, [, , bytes]) => sum + (bytes ?? 0), 0)
    // Each costs 64 bytes more, and the latest up to a MiB are not told yet.
    expect(given).to.be.within(65 * messages - 2 ** 20, 65 * messages)
    expect(far.rank.briefly).to.be.greaterThan(0.9 * messages)
  })

  it('leave in the order in which they are sent, whatever way they go, and no more than the credit', () => {
    const far = new FarRanks()
    const { comm } = far.rank
    const seen: number[] = []
    const look = (): void => {
      for (const [kind, dest, tag, byte] of far.written()) {
        expect([kind, dest]).to.deep.equal([RecordKind.begin, 2])
        expect(byte).to.equal((tag ?? 0) & 0xff)
        seen.push(tag ?? -1)
      }
    }
    const requests: Request<void>[] = []
    // 4 MiB of credit, of which each takes 65 bytes.
    const most = Math.ceil((4 * 2 ** 20) / 65)
    for (let tag = 0; tag < most + 10; tag += 1) {
      const view = Uint8Array.of(tag)
      if (tag % 3 === 0 && tag < most) comm.send(view, 2, tag)
      else requests.push(comm.isend(view, 2, tag))
      if (tag % 100 === 0) look()
    }
    look()
    expect(seen).to.deep.equal(Array.from({ length: most }, (_, tag) => tag))
    expect(requests.filter((request) => !request.test().done).length).to.equal(10)
    for (const request of requests.slice(-10)) request.catch(() => undefined)
  })
})

interface Sent {
  readonly number: number
  readonly tag: number
  readonly isView: boolean
}

const ANY = -1
const admits = (tag: number, message: Sent): boolean => tag === ANY || tag === message.tag

/** One sends, the other one receives, in turns; a model says what each receive must get. */
function randomRound(random: Random, what: string): void {
  const [first, second] = pair()
  const waiting: Sent[] = []
  const posted: { tag: number; request: Request<unknown>; got: number | undefined }[] = []
  const into = new Int32Array(2000)
  for (let number = 0; number < 150; number += 1) {
    if (random.chance(0.5)) {
      const message = { number, tag: random.below(3), isView: random.chance(0.7) }
      const view = new Int32Array(random.chance(0.1) ? 1800 : 1 + random.below(20)).fill(number)
      const content = message.isView ? view : { number }
      if (random.chance(0.8)) first.comm.send(content, 1, message.tag, SOON)
      else void first.comm.isend(content, 1, message.tag)
      const receive = posted.find(({ tag, got }) => got === undefined && admits(tag, message))
      if (receive !== undefined) receive.got = number
      else waiting.push(message)
      continue
    }
    const tag = random.chance(0.4) ? ANY : random.below(3)
    const source = random.chance(0.2) ? ANY : 0
    const expected = waiting.find((message) => admits(tag, message))
    if (expected === undefined) {
      if (random.chance(0.3)) posted.push({ tag, request: second.comm.irecv(source, tag), got: undefined })
      continue
    }
    waiting.splice(waiting.indexOf(expected), 1)
    if (random.chance(0.2)) second.comm.probe(source, tag, SOON)
    if (expected.isView && random.chance(0.7)) {
      const status = second.comm.recvInto(into, source, tag)
      expect([into[0], status.tag, status.source], what).to.deep.equal([expected.number, expected.tag, 0])
    } else expect(numberOf(second.comm.recv(source, tag)), what).to.equal(expected.number)
  }
  for (const { request, got } of posted) {
    if (got === undefined) request.cancel()
    else expect(numberOf(request.wait(SOON)), what).to.equal(got)
  }
  for (const { number, tag } of waiting) expect(numberOf(second.comm.recv(0, tag)), what).to.equal(number)
}

function numberOf(message: unknown): unknown {
  return message instanceof Int32Array ? message[0] : (message as { number: number }).number
}
