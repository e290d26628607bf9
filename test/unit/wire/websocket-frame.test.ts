import { expect } from 'chai'
import { dataFrameHeader, joinFrame } from '../../../src/wire/websocket-frame.ts'

describe('dataFrameHeader()', () => {
  const cases: [bytes: number, masked: boolean, header: string][] = [
    [0, false, '8200'],
    [125, false, '827d'],
    [126, false, '827e007e'],
    [65_535, false, '827effff'],
    [65_536, false, '827f0000000000010000'],
    [2 ** 32 + 5, false, '827f0000000100000005'],
    [0, true, '828000000000'],
    [125, true, '82fd00000000'],
    [65_535, true, '82feffff00000000'],
    [65_536, true, '82ff000000000001000000000000'],
  ]
  for (const [bytes, masked, header] of cases) {
    it(`describes ${String(bytes)} bytes ${masked ? 'with' : 'without'} a mask`, () => {
      expect(dataFrameHeader(bytes, masked).buffer.toString('hex')).to.equal(header)
    })
  }
})

describe('joinFrame()', () => {
  it('puts the parts behind the header', () => {
    expect(joinFrame([Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)], 3, true).toString('hex')).to.equal(
      '828300000000010203',
    )
  })
})
