import { expect } from 'chai'
import { Inbox } from '../../../src/agent/routing/inbox.ts'
import { RecordStream, type RecordTaker } from '../../../src/agent/routing/record-stream.ts'
import { RingReader, RingWriter } from '../../../src/shm/ring.ts'
import { RecordKind, recordBytes } from '../../../src/wire/record.ts'
import { Random, testSeed } from '../../support/random.ts'
import { smallNode } from '../shm/small-node.ts'
import { anyRecord, refusesNothing } from '../../support/any-record.ts'

const AGENT = 1

/** A record of node `source` for rank 0 whose body begins with its number; all other bytes follow from that. */
function record(source: number, number: number, bodyBytes: number): Uint8Array {
  const bytes = new Uint8Array(recordBytes(bodyBytes))
  new Uint32Array(bytes.buffer, 0, 4).set([RecordKind.part, bodyBytes, source, 0])
  for (let i = 16; i < 16 + bodyBytes; i++) bytes[i] = number + i * 7
  return bytes
}

/** Node `count` has streams to one rank with a ring of 32 KiB. */
function bench(count: number) {
  const node = smallNode(32 * 1024, 2)
  const inbox = new Inbox(new RingWriter(node, AGENT, 0), () => 1)
  const reader = new RingReader(node, AGENT, 0)
  const streams = Array.from({ length: count }, (_, nodeId) => {
    const taker: RecordTaker = {
      ...refusesNothing,
      mostBytes: inbox.most,
      endpointOf: () => 0,
      put: (_endpoint, records, from, to) => void inbox.put(nodeId, records, from, to),
      begin: (_endpoint, bytes, evict) => inbox.begin(bytes, evict),
      memoryOf: () => inbox.memory,
      end: (_endpoint, bytes) => inbox.end(bytes),
    }
    return new RecordStream(taker, anyRecord)
  })
  /** The sources of the next records, at most so many; `got` counts them, and all bytes are as they were sent. */
  const got = streams.map(() => 0)
  const read = (limit = Number.POSITIVE_INFINITY): number[] => {
    const sources: number[] = []
    while (sources.length < limit && reader.next()) {
      const { source, bodyBytes, bodyOffset } = reader
      const expected = record(source, got[source] as number, bodyBytes).subarray(16, 16 + bodyBytes)
      const body = Buffer.from(reader.bytes.slice(bodyOffset, bodyOffset + bodyBytes))
      if (!body.equals(expected)) throw new Error(`record ${got[source]} of node ${source} has come with other bytes`)
      ;(got[source] as number)++
      sources.push(source)
      reader.release()
    }
    return sources
  }
  return { inbox, streams, read, got }
}

/** Gives `bytes` to a stream as a socket would that is read to its places where it has some. */
function feed(stream: RecordStream | undefined, bytes: Uint8Array, mayPlace: boolean): void {
  for (let at = 0; at < bytes.length; ) {
    const place = mayPlace ? (stream?.next() ?? null) : null
    const count = Math.min(place?.length ?? 5000, bytes.length - at)
    const piece = bytes.slice(at, at + count)
    if (place === null) stream?.push(piece)
    else {
      place.set(piece)
      stream?.came(count)
    }
    piece.fill(255)
    at += count
  }
}

describe('Places of records', () => {
  for (const step of [1, 15, 16, 17, 4999, 5000, 12_000]) {
    it(`a record in pieces of ${step} bytes is put together in the ring, with or without being read to its place`, () => {
      for (const mayPlace of [false, true]) {
        const { streams, read, got } = bench(1)
        for (let number = 0; number < 20; number++) {
          const bytes = record(0, number, [4080, 9000, 3, 16_000][number % 4] ?? 0)
          for (let at = 0; at < bytes.length; at += step) {
            expect(got[0]).to.equal(number)
            feed(streams[0], bytes.slice(at, at + step), mayPlace)
            read()
          }
        }
        expect(got).to.deep.equal([20])
      }
    })
  }

  it('next() is there for the rest of a long record only, of which came() takes any part', () => {
    const { streams, read, got } = bench(1)
    const stream = streams[0] as RecordStream
    const bytes = record(0, 0, 10_000)
    expect(stream.next()).to.equal(null)
    stream.push(bytes.slice(0, 15))
    expect(stream.next()).to.equal(null)
    stream.push(bytes.slice(15, 16))
    expect(stream.next()?.length).to.equal(bytes.length - 16)
    stream.next()?.set(bytes.subarray(16, 5016))
    stream.came(5000)
    expect(stream.next()?.length).to.equal(bytes.length - 5016)
    stream.push(bytes.slice(5016))
    expect(stream.next()).to.equal(null)
    read()
    expect(got).to.deep.equal([1])
  })

  it('what another node, or the agent itself, has for the rank does not wait for a record that is not whole', () => {
    const { inbox, streams, read, got } = bench(3)
    const slow = record(0, 0, 10_000)
    feed(streams[0], slow.subarray(0, 6000), true)
    feed(streams[1], record(1, 0, 12_000), true)
    expect(read()).to.deep.equal([1])
    inbox.put(2, record(2, 0, 0), 0, 16)
    expect(read()).to.deep.equal([2])
    feed(streams[0], slow.subarray(6000), true)
    read()
    expect(got).to.deep.equal([1, 1, 1])
  })

  it('a node that is lost in the middle of a record holds up nobody, and nothing of the record is seen', () => {
    const { streams, read } = bench(2)
    feed(streams[0], record(0, 0, 10_000).subarray(0, 9000), true)
    for (let number = 0; number < 10; number++) feed(streams[1], record(1, number, 11_000), true)
    const seen = [...read()]
    while (seen.length < 2) seen.push(...read())
    expect(seen.every((source) => source === 1)).to.equal(true)
  })

  it('a rank that is over gets nothing of a record that has begun', () => {
    const { inbox, streams, read } = bench(1)
    const bytes = record(0, 0, 10_000)
    feed(streams[0], bytes.subarray(0, 6000), true)
    inbox.close()
    feed(streams[0], bytes.subarray(6000), true)
    feed(streams[0], record(0, 1, 10_000), true)
    expect(read()).to.deep.equal([])
  })

  it('three nodes send records of all lengths in pieces of all lengths: each stays in order, and all bytes are right', () => {
    const seed = testSeed()
    const random = new Random(seed)
    const { inbox, streams, read, got } = bench(3)
    const sent = streams.map(() => 0)
    const rest = streams.map(() => new Uint8Array(0))
    for (let step = 0; step < 1500; step++) {
      const nodeId = random.below(3)
      if ((rest[nodeId]?.length ?? 0) === 0) {
        const records = Array.from({ length: 1 + random.below(3) }, () => {
          const bytes = random.chance(0.5) ? random.below(200) : random.below(inbox.most - 16)
          const number = sent[nodeId] as number
          sent[nodeId] = number + 1
          return record(nodeId, number, bytes)
        })
        rest[nodeId] = new Uint8Array(Buffer.concat(records))
      }
      const bytes = rest[nodeId] as Uint8Array
      const count = 1 + random.below(random.chance(0.3) ? 40 : bytes.length)
      feed(streams[nodeId], bytes.subarray(0, count), random.chance(0.5))
      rest[nodeId] = bytes.slice(count)
      if (random.chance(0.6)) read(random.below(4))
      if (random.chance(0.4)) inbox.retry()
    }
    for (const [nodeId, stream] of streams.entries()) feed(stream, rest[nodeId] as Uint8Array, true)
    for (let moved = true; moved; ) moved = read().length > 0 || inbox.retry()
    expect(got, `seed ${seed}`).to.deep.equal(sent)
  })
})
