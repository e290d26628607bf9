import { expect } from 'chai'
import { RecordStream, type RecordTaker } from '../../../src/agent/routing/record-stream.ts'
import { anyRecord, refusesNothing } from '../../support/any-record.ts'
import { ALL_RANKS, RecordKind, recordBytes } from '../../../src/wire/record.ts'

interface Handed {
  readonly endpoint: number
  readonly bytes: readonly number[]
}

function record(dest: number, bodyBytes: number, value: number): Uint8Array {
  const bytes = new Uint8Array(recordBytes(bodyBytes))
  new Uint32Array(bytes.buffer, 0, 4).set([RecordKind.part, bodyBytes, 9, dest])
  bytes.fill(value, 16, 16 + bodyBytes)
  return bytes
}

/** Ranks 10, 11, 12 are endpoints 0, 1, 2. */
function bench(mostBytes = 1e9) {
  const handed: Handed[] = []
  const taker: RecordTaker = {
    ...refusesNothing,
    mostBytes,
    endpointOf: (dest) => (dest >= 10 && dest < 13 ? dest - 10 : -1),
    begin: () => -1,
    memoryOf: () => new Uint8Array(0),
    end: () => undefined,
    put: (endpoint, records, from, to) => void handed.push({ endpoint, bytes: [...records.subarray(from, to)] }),
  }
  return { stream: new RecordStream(taker, anyRecord), handed }
}

const STREAM = [record(10, 5, 1), record(10, 0, 2), record(11, 100, 3), record(12, 3000, 4), record(12, 16, 5)]

describe('RecordStream', () => {
  it('hands over records of one rank that lie side by side as one piece of the memory they came in', () => {
    const { stream, handed } = bench()
    stream.push(Buffer.concat([new Uint8Array(3), ...STREAM]).subarray(3))
    expect(handed.map(({ endpoint, bytes }) => [endpoint, bytes.length])).to.deep.equal([
      [0, recordBytes(5) + recordBytes(0)],
      [1, recordBytes(100)],
      [2, recordBytes(3000) + recordBytes(16)],
    ])
  })

  it('hands over no more at once than can be taken, unless it is one record', () => {
    const { stream, handed } = bench(100)
    stream.push(Buffer.concat([record(10, 16, 1), record(10, 16, 2), record(10, 20, 3), record(10, 200, 4)]))
    expect(handed.map(({ bytes }) => bytes.length)).to.deep.equal([64, 48, recordBytes(200)])
  })

  for (const step of [1, 2, 3, 7, 15, 16, 17, 31, 100, 1000, 3001]) {
    it(`puts records together that come in pieces of ${step} bytes`, () => {
      const { stream, handed } = bench()
      const bytes = Buffer.concat(STREAM)
      for (let at = 0; at < bytes.length; at += step) {
        const piece = Uint8Array.from(bytes.subarray(at, at + step))
        stream.push(piece)
        // Only what was handed over may be looked at later.
        piece.fill(255)
      }
      for (const [endpoint, indices] of [[0, 1], [2], [3, 4]].entries()) {
        const got = handed.filter((one) => one.endpoint === endpoint).flatMap((one) => one.bytes)
        expect(got).to.deep.equal(indices.flatMap((index) => [...(STREAM[index] ?? [])]))
      }
    })
  }

  it('drops records for ranks that are not here, and hands one for all ranks over once', () => {
    const { stream, handed } = bench()
    stream.push(Buffer.concat([record(99, 50, 1), record(ALL_RANKS, 0, 0), record(10, 1, 2)]))
    expect(handed.map(({ endpoint }) => endpoint)).to.deep.equal([ALL_RANKS, 0])
  })
})
