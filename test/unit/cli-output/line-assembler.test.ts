import { expect } from 'chai'
import { LineAssembler } from '../../../src/cli/output/line-assembler.ts'

const LIMIT = 1024 * 1024

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

describe('LineAssembler', () => {
  const cases: readonly { chunks: readonly string[]; ready: readonly string[]; left: string }[] = [
    { chunks: ['a\n'], ready: ['a\n'], left: '' },
    { chunks: ['a\nb\nc'], ready: ['a\nb\n'], left: 'c' },
    { chunks: ['a', 'b', 'c\n', 'd'], ready: ['', '', 'abc\n', ''], left: 'd' },
    { chunks: ['a\nb', 'c\nd', '\n'], ready: ['a\n', 'bc\n', 'd\n'], left: '' },
    { chunks: ['\n', '\n\n', ''], ready: ['\n', '\n\n', ''], left: '' },
    { chunks: ['a\r\nb\r', '\n'], ready: ['a\r\n', 'b\r\n'], left: '' },
    { chunks: ['progress 1\rprogress 2\r'], ready: [''], left: 'progress 1\rprogress 2\r' },
    { chunks: [''], ready: [''], left: '' },
  ]
  for (const { chunks, ready, left } of cases) {
    it(`add() of ${JSON.stringify(chunks)} gives ${JSON.stringify(ready)} and keeps ${JSON.stringify(left)}`, () => {
      const lines = new LineAssembler()
      expect(chunks.map((chunk) => text(lines.add(Buffer.from(chunk))))).to.deep.equal(ready)
      expect(lines.pendingBytes).to.equal(left.length)
      expect(text(lines.take())).to.equal(left)
      expect([lines.pendingBytes, text(lines.take())]).to.deep.equal([0, ''])
    })
  }

  it('gives whole lines of text that comes one byte at a time, also where a character has several', () => {
    const all = Buffer.from('grüße\n日本語 🙂\n\nend')
    const lines = new LineAssembler()
    const ready: string[] = []
    for (const byte of all) {
      const some = lines.add(Uint8Array.of(byte))
      if (some.length > 0) ready.push(text(some))
    }
    expect([...ready, text(lines.take())]).to.deep.equal(['grüße\n', '日本語 🙂\n', '\n', 'end'])
  })

  it('passes bytes on as they are, also those that are no text', () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const lines = new LineAssembler()
    expect(Buffer.concat([lines.add(all.subarray(0, 5)), lines.add(all.subarray(5)), lines.take()])).to.deep.equal(
      Buffer.from(all),
    )
  })

  it('keeps a line of the longest length, and passes a longer one on in pieces', () => {
    const lines = new LineAssembler()
    const piece = Buffer.alloc(LIMIT / 4, 'x')
    for (let count = 0; count < 4; count += 1) expect(lines.add(piece).length).to.equal(0)
    expect(lines.pendingBytes).to.equal(LIMIT)
    expect(lines.add(Buffer.from('y')).length).to.equal(LIMIT + 1)
    expect(lines.pendingBytes).to.equal(0)
    expect(text(lines.add(Buffer.from('z\n')))).to.equal('z\n')
  })

  it('never holds more than a longest line and what came last', () => {
    const lines = new LineAssembler()
    let out = 0
    for (let count = 0; count < 1000; count += 1) {
      out += lines.add(Buffer.alloc(1000)).length
      expect(lines.pendingBytes).to.be.at.most(LIMIT)
    }
    expect(out + lines.pendingBytes).to.equal(1_000_000)
  })
})
