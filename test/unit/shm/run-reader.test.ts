import { expect } from 'chai'
import { Doorbell } from '../../../src/shm/doorbell.ts'
import { RingWriter } from '../../../src/shm/ring.ts'
import { RunReader } from '../../../src/shm/run-reader.ts'
import { RecordKind, recordBytes } from '../../../src/wire/record.ts'
import { smallNode } from './small-node.ts'

const RING = 1024

function bench() {
  const node = smallNode(RING, 2)
  const writer = new RingWriter(node, 0, 1)
  const reader = new RunReader(node, 0, 1)
  const write = (value: number, bytes: number): boolean =>
    writer.tryWrite(RecordKind.part, value, 1, new Uint8Array(bytes).fill(value))
  return { node, writer, reader, write }
}

describe('RunReader', () => {
  it('look() shows the same record until pass(), and its memory stays until giveBack()', () => {
    const { reader, write } = bench()
    write(1, 20)
    write(2, 30)
    expect(reader.look() && reader.look()).to.equal(true)
    const { start, length, bodyOffset } = reader
    expect([reader.kind, reader.source, reader.dest, reader.bodyBytes]).to.deep.equal([RecordKind.part, 1, 1, 20])
    expect(length).to.equal(recordBytes(20))
    reader.pass()
    expect(reader.look()).to.equal(true)
    expect([reader.source, reader.start]).to.deep.equal([2, start + length])
    reader.pass()
    expect(reader.look()).to.equal(false)
    // The ring is filled up to what was passed and not given back.
    while (write(3, 0));
    expect(reader.bytes[bodyOffset]).to.equal(1)
  })

  it('giveBack() gives back what was passed before a position, and no more', () => {
    const { reader, write } = bench()
    const large = RING / 2 - 16
    write(1, large)
    write(2, large)
    reader.look()
    reader.pass()
    const first = reader.position
    reader.look()
    reader.pass()
    expect(write(3, large)).to.equal(false)
    reader.giveBack(first)
    expect(write(3, large)).to.equal(true)
    expect(write(4, large)).to.equal(false)
    reader.giveBack(reader.position)
    expect(write(4, large)).to.equal(true)
    expect([reader.look(), reader.source]).to.deep.equal([true, 3])
  })

  it('giveBack() wakes a producer that waits for room, and no other', () => {
    const { node, reader, write } = bench()
    const bell = new Doorbell(node, 0)
    write(1, 100)
    reader.look()
    reader.pass()
    const before = bell.prepare()
    reader.giveBack(reader.position)
    expect(bell.prepare()).to.equal(before)
    while (write(2, 100));
    while (reader.look()) reader.pass()
    reader.giveBack(reader.position)
    expect(bell.prepare()).to.equal(before + 1)
  })

  it('passes the padding at the end of the ring, round after round', () => {
    const { reader, write } = bench()
    for (let round = 0; round < 500; round++) {
      const bytes = (round * 37) % 400
      expect(write(round, bytes), `round ${round}`).to.equal(true)
      expect(reader.look()).to.equal(true)
      expect([reader.source, reader.bodyBytes]).to.deep.equal([round, bytes])
      reader.pass()
      reader.giveBack(reader.position)
      expect(reader.look()).to.equal(false)
    }
  })
})
