import { expect } from 'chai'
import { Doorbell } from '../../../src/shm/doorbell.ts'
import { allocateNodeMemory, BELL, endpointOffset, type NodeMemory } from '../../../src/shm/layout.ts'
import { RingReader, RingWriter } from '../../../src/shm/ring.ts'
import { RECORD_HEADER_BYTES, RecordKind, recordBytes } from '../../../src/wire/record.ts'
import { randomNumbers, testSeed } from '../../support/random.ts'
import { bytesInRing, presetRing, smallNode } from './small-node.ts'

const RING = 512
/** Bytes that have passed before: none, and so many that the next records cross what a word can count. */
const PASSED = [
  { name: 'a new ring', bytes: 0 },
  { name: 'a ring whose words are about to change their sign', bytes: 2 ** 31 - RING },
  { name: 'a ring whose words are about to start at 0 again', bytes: 2 ** 32 - RING },
]

interface Ends {
  readonly node: NodeMemory
  readonly writer: RingWriter
  readonly reader: RingReader
}

function ring(passed = 0, ringBytes = RING): Ends {
  const node = smallNode(ringBytes)
  presetRing(node, 0, 1, passed)
  return { node, writer: new RingWriter(node, 0, 1), reader: new RingReader(node, 0, 1) }
}

function body(bytes: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => (index * 7 + seed * 13 + 1) & 0xff)
}

/** Takes the next record and gives its room back. */
function take(reader: RingReader): { kind: number; source: number; dest: number; body: Uint8Array } | undefined {
  if (!reader.next()) return undefined
  const { kind, source, dest, bodyOffset, bodyBytes } = reader
  const taken = { kind, source, dest, body: reader.bytes.slice(bodyOffset, bodyOffset + bodyBytes) }
  reader.release()
  return taken
}

function fill(writer: RingWriter, bodyBytes: number): number {
  let count = 0
  while (writer.tryWrite(RecordKind.part, 0, 1, body(bodyBytes, count))) count += 1
  return count
}

/** Leaves exactly `free` bytes of a ring that starts at offset 0. */
function leaveFree(writer: RingWriter, free: number): void {
  for (let left = RING; left > free; ) {
    const bytes = Math.min(left - free, recordBytes(writer.largestBody))
    expect(writer.tryWrite(RecordKind.part, 0, 1, new Uint8Array(bytes - RECORD_HEADER_BYTES))).to.equal(true)
    left -= bytes
  }
}

describe('RingWriter and RingReader', () => {
  for (const { name, bytes } of PASSED) {
    it(`carry a record of every size at every offset through ${name}`, () => {
      const node = smallNode(RING)
      for (let offset = 0; offset < RING; offset += 16) {
        for (let size = 0; size <= RING / 2 - RECORD_HEADER_BYTES; size += 1) {
          presetRing(node, 0, 1, bytes + offset)
          const writer = new RingWriter(node, 0, 1)
          const reader = new RingReader(node, 0, 1)
          const where = `${size} bytes at offset ${offset}`
          expect(writer.tryWrite(RecordKind.part, 3, 9, body(size, offset)), where).to.equal(true)
          const record = take(reader)
          expect(record, where).to.deep.equal({ kind: RecordKind.part, source: 3, dest: 9, body: body(size, offset) })
          expect(reader.next(), where).to.equal(false)
          expect(bytesInRing(node, 0, 1), where).to.equal(0)
        }
      }
    })

    it(`keep order and bytes of records of random sizes through ${name}`, () => {
      const seed = testSeed()
      const random = randomNumbers(seed)
      const { writer, reader } = ring(bytes)
      const inside: Uint8Array[] = []
      for (let count = 0; count < 5000; count += 1) {
        const next = body(Math.floor(random() * (writer.largestBody + 1)), count)
        if (random() < 0.6) {
          if (writer.tryWrite(RecordKind.part, 0, 1, next)) inside.push(next)
        } else expect(take(reader)?.body, `record ${count}, MPI_TEST_SEED=${seed}`).to.deep.equal(inside.shift())
      }
      for (const left of inside) expect(take(reader)?.body, `MPI_TEST_SEED=${seed}`).to.deep.equal(left)
      expect(take(reader)).to.equal(undefined)
    })

    it(`hold exactly the ring's bytes in ${name}`, () => {
      const { node, writer, reader } = ring(bytes)
      expect(fill(writer, 48)).to.equal(RING / 64)
      expect(bytesInRing(node, 0, 1)).to.equal(RING)
      for (let count = 0; count < RING / 64; count += 1) expect(take(reader)?.body).to.deep.equal(body(48, count))
      expect(take(reader)).to.equal(undefined)
    })
  }

  it('take a record as long as largestBody whatever the offset, once the ring is empty, and none that is longer', () => {
    for (let offset = 0; offset < RING; offset += 16) {
      const { writer } = ring(offset)
      expect(writer.reserve(writer.largestBody, writer.largestBody), `offset ${offset}`).to.equal(true)
      expect(ring(offset).writer.reserve(1, RING) && writer.room <= writer.largestBody).to.equal(true)
    }
  })

  it('keep 32-bit words of the header apart', () => {
    const { writer, reader } = ring()
    writer.reserve(0, 0)
    writer.commit(RecordKind.finished, 0xfffffffe, 0xffffffff, 0)
    reader.next()
    expect(reader.kind).to.equal(RecordKind.finished)
    expect([reader.source >>> 0, reader.dest >>> 0, reader.bodyBytes]).to.deep.equal([0xfffffffe, 0xffffffff, 0])
  })
})

describe('RingWriter', () => {
  const cases = [
    { free: 0, least: 0, most: 0, room: undefined },
    { free: 16, least: 0, most: 100, room: 0 },
    { free: 16, least: 1, most: 100, room: undefined },
    { free: 32, least: 1, most: 100, room: 16 },
    { free: 32, least: 16, most: 16, room: 16 },
    { free: 32, least: 17, most: 100, room: undefined },
    { free: 128, least: 10, most: 60, room: 60 },
    { free: 128, least: 10, most: 500, room: 112 },
    { free: 256, least: 10, most: 500, room: 240 },
    { free: 512, least: 10, most: 500, room: 240 },
  ]
  for (const { free, least, most, room } of cases) {
    const outcome = room === undefined ? 'gets nothing' : `gets ${room}`
    it(`reserve(${least}, ${most}) with ${free} free bytes ${outcome}`, () => {
      const { writer } = ring()
      leaveFree(writer, free)
      expect(writer.reserve(least, most)).to.equal(room !== undefined)
      if (room !== undefined) expect(writer.room).to.equal(room)
    })
  }

  it('reserve() gives what is left before the end, and goes round only when that is less than asked for', () => {
    const { writer, reader } = ring(RING - 64)
    expect(writer.reserve(48, 200)).to.equal(true)
    expect(writer.room).to.equal(48)
    expect(writer.reserve(49, 200)).to.equal(true)
    expect(writer.room).to.equal(200)
    writer.commit(RecordKind.part, 0, 1, 200)
    expect(reader.next()).to.equal(true)
    expect(reader.bodyBytes).to.equal(200)
  })

  it('reserve() does not go round while the start of the ring is not read', () => {
    const { writer, reader } = ring(RING - 128)
    writer.tryWrite(RecordKind.part, 0, 1, body(48, 1))
    for (let count = 0; count < 6; count += 1) writer.tryWrite(RecordKind.part, 0, 1, body(48, 2))
    // 64 bytes are free, before those that are not read.
    expect(writer.reserve(49, 49)).to.equal(false)
    take(reader)
    take(reader)
    expect(writer.reserve(49, 49)).to.equal(true)
  })

  it('reserve() that goes round gives no more than is free at the start', () => {
    const { writer } = ring(128)
    for (let count = 0; count < 5; count += 1) writer.tryWrite(RecordKind.part, 0, 1, body(48, count))
    // 64 bytes are free at the end, 128 at the start.
    expect(writer.reserve(60, 500)).to.equal(true)
    expect(writer.room).to.equal(112)
  })

  it('publishes nothing before commit(), also when it went round', () => {
    const { writer, reader } = ring(RING - 32)
    writer.reserve(100, 100)
    expect(reader.hasNext()).to.equal(false)
    writer.reserve(100, 100)
    writer.commit(RecordKind.part, 0, 1, 100)
    expect(take(reader)?.body.length).to.equal(100)
    expect(take(reader)).to.equal(undefined)
  })

  it('commit() may take less than was reserved', () => {
    const { node, writer, reader } = ring()
    writer.reserve(10, 200)
    writer.commit(RecordKind.part, 0, 1, 5)
    expect(bytesInRing(node, 0, 1)).to.equal(32)
    writer.tryWrite(RecordKind.part, 0, 1, body(7, 1))
    expect(take(reader)?.body.length).to.equal(5)
    expect(take(reader)?.body).to.deep.equal(body(7, 1))
  })

  it('publishRecords() publishes whole records that were copied in with their headers, and wakes nobody', () => {
    const source = ring()
    source.writer.tryWrite(RecordKind.begin, 70_000, 0xffffffff, body(100, 4))
    source.writer.tryWrite(RecordKind.part, 3, 1, body(5, 6))
    source.reader.next()
    const start = source.reader.bodyOffset - RECORD_HEADER_BYTES
    const bytes = recordBytes(100) + recordBytes(5)
    const { node, writer, reader } = ring(RING - 64)
    const bell = new Doorbell(node, 1)
    const before = bell.prepare()
    expect(writer.reserve(bytes - RECORD_HEADER_BYTES, bytes - RECORD_HEADER_BYTES)).to.equal(true)
    writer.bytes.set(source.reader.bytes.subarray(start, start + bytes), writer.bodyOffset - RECORD_HEADER_BYTES)
    writer.publishRecords(bytes)
    expect(bell.prepare()).to.equal(before)
    const { dest, ...record } = take(reader) ?? { dest: 0 }
    expect(record).to.deep.equal({ kind: RecordKind.begin, source: 70_000, body: body(100, 4) })
    expect(dest >>> 0).to.equal(0xffffffff)
    expect(take(reader)).to.deep.equal({ kind: RecordKind.part, source: 3, dest: 1, body: body(5, 6) })
    expect(bytesInRing(node, 0, 1)).to.equal(0)
  })

  it('tryWrite() writes nothing where there is no room', () => {
    const { node, writer } = ring()
    leaveFree(writer, 32)
    expect(writer.tryWrite(RecordKind.part, 0, 1, body(17, 0))).to.equal(false)
    expect(bytesInRing(node, 0, 1)).to.equal(RING - 32)
  })

  it('begins where an earlier writer of the same ring has stopped', () => {
    const { node, writer, reader } = ring()
    writer.tryWrite(RecordKind.part, 0, 1, body(20, 1))
    new RingWriter(node, 0, 1).tryWrite(RecordKind.part, 0, 1, body(30, 2))
    expect(take(reader)?.body).to.deep.equal(body(20, 1))
    expect(take(reader)?.body).to.deep.equal(body(30, 2))
  })
})

describe('RingWriter.takeNewRoom()', () => {
  it('is false for a writer that does not wait for room', () => {
    const { writer, reader } = ring()
    writer.tryWrite(RecordKind.part, 0, 1, body(20, 1))
    take(reader)
    expect(writer.takeNewRoom()).to.equal(false)
  })

  it('becomes true when a record is released after reserve() found no room, until reserve() finds some', () => {
    const { writer, reader } = ring()
    fill(writer, 48)
    expect(writer.takeNewRoom()).to.equal(false)
    take(reader)
    expect(writer.takeNewRoom()).to.equal(true)
    expect(writer.reserve(48, 48)).to.equal(true)
    expect(writer.takeNewRoom()).to.equal(false)
  })

  it('is false again after a reserve() that needs more than was released', () => {
    const { writer, reader } = ring()
    fill(writer, 48)
    take(reader)
    expect(writer.reserve(200, 200)).to.equal(false)
    expect(writer.takeNewRoom()).to.equal(false)
    for (let count = 0; count < 3; count += 1) take(reader)
    expect(writer.takeNewRoom()).to.equal(true)
    expect(writer.reserve(200, 200)).to.equal(true)
  })
})

describe('RingReader', () => {
  it('hasNext() takes nothing', () => {
    const { writer, reader } = ring()
    expect(reader.hasNext()).to.equal(false)
    writer.tryWrite(RecordKind.part, 0, 1, body(20, 1))
    expect([reader.hasNext(), reader.hasNext()]).to.deep.equal([true, true])
    expect(take(reader)?.body).to.deep.equal(body(20, 1))
    expect(reader.hasNext()).to.equal(false)
  })

  it('next() without release() stays at the same record', () => {
    const { writer, reader } = ring()
    writer.tryWrite(RecordKind.part, 0, 1, body(20, 1))
    writer.tryWrite(RecordKind.part, 0, 1, body(30, 2))
    reader.next()
    reader.next()
    expect(reader.bodyBytes).to.equal(20)
  })

  it('release() rings the bell of a producer that found no room and sleeps, once for each wish', () => {
    const { node, writer, reader } = ring()
    const bell = new Int32Array(node.memory.buffer, endpointOffset(0) + 4 * BELL, 1)
    const producer = new Doorbell(node, 0)
    fill(writer, 48)
    producer.prepare()
    take(reader)
    expect(bell[0]).to.equal(1)
    producer.prepare()
    take(reader)
    expect(bell[0], 'nobody waits for room any more').to.equal(1)
    fill(writer, 48)
    producer.prepare()
    take(reader)
    expect(bell[0]).to.equal(2)
  })

  it('release() of padding tells a waiting producer too', () => {
    const { writer, reader } = ring(RING - 128)
    writer.tryWrite(RecordKind.part, 0, 1, body(48, 1))
    writer.tryWrite(RecordKind.part, 0, 1, body(100, 2))
    expect(fill(writer, 48)).to.equal(4)
    take(reader)
    expect(writer.reserve(48, 48)).to.equal(true)
    writer.commit(RecordKind.part, 0, 1, 48)
    expect(writer.reserve(100, 100)).to.equal(false)
    take(reader)
    expect(writer.takeNewRoom()).to.equal(true)
  })
})

describe('RingWriter.takeNewRoom()', () => {
  it('still tells of room when a smaller record was written before it was asked', () => {
    const node = allocateNodeMemory(1)
    const writer = new RingWriter(node, 0, 1)
    const reader = new RingReader(node, 0, 1)
    while (writer.reserve(writer.largestBody, writer.largestBody))
      writer.commit(RecordKind.part, 0, 1, writer.largestBody)
    while (reader.next()) reader.release()
    expect(writer.reserve(8, 8)).to.equal(true)
    writer.commit(RecordKind.credit, 0, 1, 8)
    expect([writer.takeNewRoom(), writer.takeNewRoom()]).to.deep.equal([true, false])
  })
})
