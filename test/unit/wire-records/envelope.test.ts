import { expect } from 'chai'
import {
  Datatype,
  ENVELOPE_BYTES,
  ENVELOPE_FLAG_ACK,
  ENVELOPE_FLAG_SYNC,
  type Envelope,
  readEnvelope,
  writeEnvelope,
} from '../../../src/wire/envelope.ts'

const PLAIN: Envelope = { source: 1, dest: 2, context: 3, tag: 4, datatype: 5, flags: 0, extra: 6, byteLength: 7 }

const CASES: readonly { name: string; envelope: Envelope }[] = [
  {
    name: 'all zero',
    envelope: { source: 0, dest: 0, context: 0, tag: 0, datatype: 0, flags: 0, extra: 0, byteLength: 0 },
  },
  { name: 'small numbers', envelope: PLAIN },
  { name: 'the largest ranks', envelope: { ...PLAIN, source: 2 ** 32 - 1, dest: 2 ** 32 - 2 } },
  { name: 'ranks above 2^31', envelope: { ...PLAIN, source: 2 ** 31, dest: 2 ** 31 + 1 } },
  { name: 'the largest tag', envelope: { ...PLAIN, tag: 2 ** 31 - 1 } },
  { name: 'a collective call beyond 2^31', envelope: { ...PLAIN, tag: 2 ** 32 - 1 } },
  { name: 'the largest context', envelope: { ...PLAIN, context: 2 ** 53 } },
  { name: 'a context just below it', envelope: { ...PLAIN, context: 2 ** 53 - 1 } },
  { name: 'the largest byte length', envelope: { ...PLAIN, byteLength: 2 ** 53 } },
  { name: 'a byte length above 4 GiB', envelope: { ...PLAIN, byteLength: 2 ** 32 + 1 } },
  { name: 'the largest extra', envelope: { ...PLAIN, extra: 2 ** 32 - 1 } },
  { name: 'both flags', envelope: { ...PLAIN, flags: ENVELOPE_FLAG_SYNC | ENVELOPE_FLAG_ACK } },
  { name: 'full bytes', envelope: { ...PLAIN, datatype: 255, flags: 255 } },
]

function memory(fill = 0): { bytes: Uint8Array; words: Int32Array; floats: Float64Array } {
  const buffer = new ArrayBuffer(128)
  const bytes = new Uint8Array(buffer).fill(fill)
  return { bytes, words: new Int32Array(buffer), floats: new Float64Array(buffer) }
}

describe('writeEnvelope() and readEnvelope()', () => {
  for (const { name, envelope } of CASES) {
    for (const offset of [0, 8, 40]) {
      it(`keep ${name} at offset ${offset}, over old bytes, within ENVELOPE_BYTES`, () => {
        const { bytes, words, floats } = memory(0xff)
        writeEnvelope(words, floats, offset, envelope)
        expect(readEnvelope(words, floats, offset)).to.deep.equal(envelope)
        const outside = [...bytes.subarray(0, offset), ...bytes.subarray(offset + ENVELOPE_BYTES)]
        expect(outside.every((byte) => byte === 0xff)).to.equal(true)
      })
    }
  }

  it('keep every datatype', () => {
    const { words, floats } = memory()
    for (const datatype of Object.values(Datatype)) {
      writeEnvelope(words, floats, 0, { ...PLAIN, datatype })
      expect(readEnvelope(words, floats, 0).datatype).to.equal(datatype)
    }
  })
})

describe('writeEnvelope()', () => {
  it('lays the fields out as docs/protocol.md says', () => {
    const { bytes, words, floats } = memory()
    writeEnvelope(words, floats, 0, {
      source: 0x01020304,
      dest: 0x11121314,
      tag: 0x21222324,
      datatype: Datatype.float64,
      flags: ENVELOPE_FLAG_ACK,
      context: 1,
      byteLength: 2,
      extra: 0x31323334,
    })
    const hex = Buffer.from(bytes.subarray(0, ENVELOPE_BYTES)).toString('hex')
    expect(hex).to.equal(
      [
        '04030201',
        '14131211',
        '24232221',
        '0a020000',
        '000000000000f03f',
        '0000000000000040',
        '34333231',
        '00000000',
      ].join(''),
    )
  })
})
