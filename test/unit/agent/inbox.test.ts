import { expect } from 'chai'
import { Inbox } from '../../../src/agent/routing/inbox.ts'
import { Doorbell } from '../../../src/shm/doorbell.ts'
import { RingReader, RingWriter } from '../../../src/shm/ring.ts'
import { RecordKind, recordBytes } from '../../../src/wire/record.ts'
import { smallNode } from '../shm/small-node.ts'

const AGENT = 1

function records(source: number, values: readonly number[], bytes = 40): Uint8Array {
  const one = recordBytes(bytes)
  const all = new Uint8Array(one * values.length)
  for (const [index, value] of values.entries()) {
    new Uint32Array(all.buffer, index * one, 4).set([RecordKind.part, bytes, source, 0])
    all.fill(value, index * one + 16, index * one + 16 + bytes)
  }
  return all
}

function bench(ringBytes = 1024) {
  const node = smallNode(ringBytes, 2)
  const inbox = new Inbox(new RingWriter(node, AGENT, 0), () => 1)
  const reader = new RingReader(node, AGENT, 0)
  const read = (limit = Number.POSITIVE_INFINITY): number[][] => {
    const seen: number[][] = []
    while (seen.length < limit && reader.next()) {
      seen.push([reader.source, reader.bytes[reader.bodyOffset] ?? -1])
      reader.release()
    }
    return seen
  }
  return { node, inbox, read }
}

/** Numbers `first` … `last`. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

describe('Inbox', () => {
  it('put() writes side by side what came side by side, and wakes the rank once, at wake()', () => {
    const { node, inbox, read } = bench()
    const bell = new Doorbell(node, 0)
    const before = bell.prepare()
    const bytes = records(5, [1, 2, 3])
    inbox.put(1, bytes, recordBytes(40), bytes.length)
    expect(bell.prepare()).to.equal(before)
    inbox.wake()
    expect(bell.prepare()).to.equal(before + 1)
    inbox.wake()
    expect(bell.prepare()).to.equal(before + 1)
    expect(read()).to.deep.equal([
      [5, 2],
      [5, 3],
    ])
  })

  it('put() writes as many records as there is room for, and keeps the rest in memory of its own', () => {
    const { inbox, read } = bench()
    const bytes = records(5, range(1, 30))
    inbox.put(1, bytes, 0, bytes.length)
    bytes.fill(0)
    const seen = read()
    expect(seen.length).to.be.greaterThan(10)
    while (inbox.retry()) seen.push(...read())
    expect(seen).to.deep.equal(range(1, 30).map((value) => [5, value]))
  })

  it('retry() gives each node its turn: what one has flooded does not hold up another', () => {
    const { inbox, read } = bench(64 * 1024)
    const bytes = records(
      5,
      Array.from({ length: 20_000 }, () => 1),
    )
    for (let at = 0; at < bytes.length; at += 16_000) inbox.put(1, bytes, at, Math.min(at + 16_000, bytes.length))
    inbox.put(2, records(7, [9]), 0, recordBytes(40))
    let before = 0
    for (;;) {
      const [seen] = read(1)
      if (seen === undefined) {
        if (!inbox.retry()) break
      } else if (seen[0] === 7) break
      else before++
      inbox.retry()
    }
    // The ring was full; behind that at most two turns of the other node.
    expect(before * recordBytes(40)).to.be.lessThan(64 * 1024 + 2 * 8 * 1024 + 1)
  })

  it('keeps each node in order while several wait', () => {
    const { inbox, read } = bench()
    const seed = 77
    let state = seed
    const next = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
      return (state >>> 8) % below
    }
    const sent: number[][] = [[], [], []]
    const got: number[][] = [[], [], []]
    for (let step = 0; step < 3000; step++) {
      const nodeId = next(3)
      if (next(3) > 0) {
        const values = range(0, next(4)).map((_, index) => ((sent[nodeId]?.length ?? 0) + index) & 0xff)
        const bytes = records(nodeId, values, 1 + next(100))
        inbox.put(nodeId, bytes, 0, bytes.length)
        sent[nodeId]?.push(...values)
      }
      if (next(2) > 0) for (const [source = 0, value = -1] of read(next(6))) got[source]?.push(value)
      if (next(2) > 0) inbox.retry()
    }
    for (let moved = true; moved; ) {
      const seen = read()
      for (const [source = 0, value = -1] of seen) got[source]?.push(value)
      moved = inbox.retry() || seen.length > 0
    }
    expect(got, `seed ${seed}`).to.deep.equal(sent)
  })

  it('close() forgets what waits and takes nothing more', () => {
    const { inbox, read } = bench()
    const bytes = records(5, range(1, 30))
    inbox.put(1, bytes, 0, bytes.length)
    inbox.close()
    read()
    expect(inbox.retry()).to.equal(false)
    inbox.put(1, bytes, 0, bytes.length)
    expect(read()).to.deep.equal([])
  })
})
