import { expect } from 'chai'
import { ALL_RANKS, RECORD_ALIGNMENT, RECORD_HEADER_BYTES, RecordKind, recordBytes } from '../../../src/wire/record.ts'

describe('recordBytes()', () => {
  it('is right for every length that a header can hold', () => {
    expect(recordBytes(0x7ffffff1)).to.equal(0x80000010)
    expect(recordBytes(0x80000000)).to.equal(0x80000010)
    expect(recordBytes(0xfffffff0)).to.equal(0x100000000)
    expect(recordBytes(0xffffffff)).to.equal(0x100000010)
  })

  const cases = [
    [0, 16],
    [1, 32],
    [15, 32],
    [16, 32],
    [17, 48],
    [131_056, 131_072],
    [2 ** 30, 2 ** 30 + 16],
  ] as const
  for (const [body, record] of cases) {
    it(`is ${record} for a body of ${body} bytes`, () => {
      expect(recordBytes(body)).to.equal(record)
    })
  }

  it('is the smallest multiple of the alignment that takes header and body, for every size', () => {
    for (let body = 0; body < 5000; body += 1) {
      const bytes = recordBytes(body)
      expect(bytes % RECORD_ALIGNMENT).to.equal(0)
      expect(bytes - RECORD_HEADER_BYTES - body, `${body}`).to.be.within(0, RECORD_ALIGNMENT - 1)
    }
  })
})

describe('RecordKind', () => {
  it('has the numbers of docs/protocol.md, none of them 0', () => {
    expect(RecordKind).to.deep.equal({
      padding: 1,
      begin: 2,
      part: 3,
      finished: 4,
      credit: 5,
      stdout: 6,
      stderr: 7,
      failure: 8,
      abort: 9,
      child: 10,
      waits: 11,
      deadlock: 12,
      loan: 13,
      windowRequest: 14,
      windowReply: 15,
      overflow: 16,
      backToRing: 17,
      collectives: 18,
      lost: 19,
      motion: 20,
      ruling: 21,
      rest: 22,
      misfit: 23,
    })
    expect(ALL_RANKS).to.equal(0xffffffff)
  })
})
