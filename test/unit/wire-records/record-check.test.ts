import { expect } from 'chai'
import { writeEnvelope } from '../../../src/wire/envelope.ts'
import { ALL_RANKS, FOR_AGENT, RecordKind, recordBytes } from '../../../src/wire/record.ts'
import { RecordCheck } from '../../../src/wire/record-check.ts'

/** Ranks 0 and 1 are here, on node 0; rank 2 is on node 1, which sends, rank 3 on node 2. */
const check = new RecordCheck({ nodeOfRank: [0, 0, 1, 2], from: 1, to: 0, mostBodyBytes: 4096 })

function record(kind: number, source: number, dest: number, body: Uint8Array | number): DataView {
  const bytes = typeof body === 'number' ? new Uint8Array(Math.min(body, 4096)) : body
  const all = new Uint8Array(recordBytes(bytes.length) + 16)
  const view = new DataView(all.buffer)
  const words = [kind, typeof body === 'number' ? body : body.length, source, dest]
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word >>> 0, true)
  all.set(bytes, 16)
  return view
}

const ENVELOPE = { source: 2, dest: 0, context: 0, tag: 0, datatype: 0, flags: 0, extra: 0, byteLength: 8 }

/** A begin record of 8 bytes of payload, or so many. */
function begin(change: Partial<typeof ENVELOPE>, payload: Uint8Array = new Uint8Array(8)): DataView {
  const body = new Uint8Array(40 + payload.length)
  writeEnvelope(new Int32Array(body.buffer, 0, 10), new Float64Array(body.buffer, 0, 5), 0, { ...ENVELOPE, ...change })
  body.set(payload, 40)
  return record(RecordKind.begin, 2, 0, body)
}

const isFine = (view: DataView): boolean => check.isHead(view, 0) && check.isBody(view, 0)
const float = (value: number): Uint8Array => new Uint8Array(Float64Array.of(value).buffer)
const floats = (...values: number[]): Uint8Array => new Uint8Array(Float64Array.from(values).buffer)

describe('RecordCheck', () => {
  it('lets pass what agents send', () => {
    const fine = [
      begin({}),
      begin({ byteLength: 64 * 1024 * 1024 }),
      begin({ byteLength: 0 }, new Uint8Array(0)),
      begin({ tag: 0x7fffffff, context: Number.MAX_SAFE_INTEGER, extra: 0xffffffff }),
      begin({ datatype: 10, byteLength: 16 }),
      begin({ flags: 1 }),
      begin({ flags: 2, byteLength: 0 }, new Uint8Array(0)),
      begin({ flags: 16, byteLength: 2 ** 32 }),
      begin({ flags: 4, byteLength: 2 ** 30 }),
      begin({ flags: 8, byteLength: 16, datatype: 10 }, floats(2 ** 32, 7)),
      begin({ flags: 9, byteLength: 16 }, new Uint8Array(3)),
      record(RecordKind.part, 2, 1, 4096),
      record(RecordKind.credit, 2, 1, float(4096)),
      record(RecordKind.finished, 2, ALL_RANKS, 0),
      record(RecordKind.lost, 2, ALL_RANKS, 0),
      record(RecordKind.windowRequest, 2, FOR_AGENT, 40),
      record(RecordKind.windowReply, 2, 0, 8),
    ]
    for (const view of fine) expect(isFine(view), check.describe(view, 0)).to.equal(true)
  })

  it('stops records that are too long, of others, for others and of kinds that are no business of other nodes', () => {
    const bad = [
      ...[4097, 0x7ffffff0, 0x80000000, 0xfffffff0, 0xffffffff].map((bytes) => record(RecordKind.part, 2, 0, bytes)),
      ...[0, 1, 3, 4, 77_777, 0x80000000, 0xffffffff].map((source) => record(RecordKind.part, source, 0, 16)),
      ...[2, 3, 4, 77_777, FOR_AGENT, ALL_RANKS].map((dest) => record(RecordKind.part, 2, dest, 16)),
      ...[0, 1, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 20, 21, 22, 23, 255, 0xffffffff].flatMap((kind) =>
        [0, FOR_AGENT, ALL_RANKS].map((dest) => record(kind, 2, dest, 48)),
      ),
      record(RecordKind.begin, 2, ALL_RANKS, 48),
      record(RecordKind.begin, 2, 0, 39),
      record(RecordKind.credit, 2, 0, 7),
      record(RecordKind.credit, 2, 0, 16),
      record(RecordKind.finished, 2, 0, 0),
      record(RecordKind.finished, 2, ALL_RANKS, 16),
      record(RecordKind.finished, 0, ALL_RANKS, 0),
      record(RecordKind.windowRequest, 2, FOR_AGENT, 39),
      record(RecordKind.windowRequest, 2, 0, 40),
      record(RecordKind.windowReply, 2, 0, 7),
      record(RecordKind.windowReply, 2, FOR_AGENT, 8),
    ]
    for (const view of bad) expect(check.isHead(view, 0), check.describe(view, 0)).to.equal(false)
  })

  it('stops envelopes that do not say what is there', () => {
    const bad = [
      ...[0, 1, 3, 4e9].map((source) => begin({ source })),
      ...[1, 2, 4e9].map((dest) => begin({ dest })),
      ...[Number.NaN, -8, 0.5, 7, 2 ** 53, 1e300, Number.POSITIVE_INFINITY, 64 * 1024 * 1024 + 1].map((byteLength) =>
        begin({ byteLength }),
      ),
      ...[Number.NaN, -1, 0.5, 2 ** 53, Number.POSITIVE_INFINITY].map((context) => begin({ context })),
      ...[11, 200, 255].map((datatype) => begin({ datatype })),
      begin({ datatype: 10, byteLength: 12 }),
      begin({ tag: 0x80000000 }),
      begin({ flags: 128 }),
      begin({ flags: 16, byteLength: 2 ** 32 + 1 }),
      ...[2, 32, 64].map((flags) => begin({ flags })),
      begin({ flags: 8, byteLength: 24 }),
      ...[
        [Number.NaN, 1],
        [8, 0],
        [8, -1],
        [8, 0.5],
        [2 ** 33, 1],
        [-8, 1],
        [8, 2 ** 40],
      ].map((words) => begin({ flags: 8, byteLength: 16 }, floats(...words))),
      begin({ flags: 8, byteLength: 16, datatype: 10 }, floats(12, 1)),
      ...[Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY].map((bytes) => record(RecordKind.credit, 2, 0, float(bytes))),
    ]
    for (const view of bad) {
      expect(check.isHead(view, 0), check.describe(view, 0)).to.equal(true)
      expect(check.isBody(view, 0), check.describe(view, 0)).to.equal(false)
    }
  })

  it('says what was sent', () => {
    expect(check.describe(begin({ source: 0 }), 0)).to.equal(
      'a record of kind 2 with 48 bytes from rank 2 for rank 0 whose envelope does not fit',
    )
    expect(check.describe(record(99, 2, ALL_RANKS, 0), 0)).to.equal(
      'a record of kind 99 with 0 bytes from rank 2 for all ranks, which it may not',
    )
  })
})
