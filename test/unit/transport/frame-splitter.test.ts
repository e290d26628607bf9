import { expect } from 'chai'
import { FrameSplitter } from '../../../src/transport/frame-splitter.ts'

const MOST = 100_000

interface Seen {
  readonly data: Buffer
  readonly others: Buffer
}

function split(role: 'dialer' | 'listener', bytes: Uint8Array, step: number, wantsData = true): Seen {
  const data: Uint8Array[] = []
  const others: Uint8Array[] = []
  const splitter = new FrameSplitter(role, MOST, (piece) => void others.push(Uint8Array.from(piece)))
  if (wantsData) splitter.data = (piece) => void data.push(Uint8Array.from(piece))
  for (let at = 0; at < bytes.length; at += step) splitter.push(bytes.subarray(at, at + step))
  return { data: Buffer.concat(data), others: Buffer.concat(others) }
}

/** `mask`: undefined for a listener's frame. */
function frame(first: number, body: Uint8Array, mask?: number): Buffer {
  const maskBit = mask === undefined ? 0 : 0x80
  const header =
    body.length < 126
      ? Buffer.from([first, maskBit | body.length])
      : body.length < 65_536
        ? Buffer.from([first, maskBit | 126, body.length >> 8, body.length & 255])
        : Buffer.from([
            first,
            maskBit | 127,
            0,
            0,
            0,
            0,
            0,
            body.length >> 16,
            (body.length >> 8) & 255,
            body.length & 255,
          ])
  return Buffer.concat([header, mask === undefined ? Buffer.alloc(0) : Buffer.alloc(4, mask), body])
}

function body(bytes: number, value: number): Buffer {
  return Buffer.alloc(bytes, value)
}

const STEPS = [1, 2, 3, 5, 13, 14, 15, 100, 65_536, 1_000_000]

describe('FrameSplitter', () => {
  for (const [role, mask] of [
    ['dialer', undefined],
    ['listener', 0],
  ] as const) {
    const pong = frame(0x8a, body(4, 7), mask)
    const text = frame(0x81, body(300, 8), mask)
    const bodies = [body(0, 1), body(1, 2), body(125, 3), body(126, 4), body(65_535, 5), body(65_536, 6), body(3, 9)]
    const stream = Buffer.concat([
      pong,
      ...bodies.flatMap((bytes) => [frame(0x82, bytes, mask), pong, text]),
      frame(0x82, body(10, 1), mask),
      frame(0x82, body(10, 2), mask),
    ])

    for (const step of STEPS) {
      it(`${role}: gives data frames without their headers and all others as they are, in pieces of ${step} bytes`, () => {
        const { data, others } = split(role, stream, step)
        expect(data.equals(Buffer.concat([...bodies, body(10, 1), body(10, 2)]))).to.equal(true)
        expect(others.equals(Buffer.concat([pong, ...bodies.flatMap(() => [pong, text])]))).to.equal(true)
      })

      it(`${role}: gives everything to others until data is wanted, in pieces of ${step} bytes`, () => {
        const { data, others } = split(role, stream, step, false)
        expect(data.length).to.equal(0)
        expect(others.equals(stream)).to.equal(true)
      })
    }
  }

  for (const [name, role, bytes] of [
    ['a fragment', 'dialer', frame(0x02, body(20, 1))],
    ['compressed', 'dialer', frame(0xc2, body(20, 1))],
    ['longer than allowed', 'dialer', frame(0x82, body(MOST + 1, 1))],
    ['masked by the listener', 'dialer', frame(0x82, body(20, 1), 0)],
    ['not masked by the dialer', 'listener', frame(0x82, body(20, 1))],
    ['really masked', 'listener', frame(0x82, body(20, 1), 5)],
  ] as const) {
    it(`leaves a frame that is ${name} to others`, () => {
      for (const step of [1, 7, 1_000_000]) {
        const { data, others } = split(role, bytes, step)
        expect(data.length).to.equal(0)
        expect(others.equals(bytes)).to.equal(true)
      }
    })
  }

  it('looks at who wants data when a frame begins, so that one that has begun stays whole', () => {
    const data: Uint8Array[] = []
    const others: Uint8Array[] = []
    const splitter = new FrameSplitter('dialer', MOST, (piece) => void others.push(Uint8Array.from(piece)))
    const first = frame(0x82, body(50, 1))
    splitter.push(first.subarray(0, 20))
    splitter.data = (piece) => void data.push(Uint8Array.from(piece))
    splitter.push(Buffer.concat([first.subarray(20), frame(0x82, body(5, 2))]))
    expect(Buffer.concat(others).equals(first)).to.equal(true)
    expect(Buffer.concat(data).equals(body(5, 2))).to.equal(true)
  })

  it('next() has room for no more than the rest of a data frame that has begun', () => {
    const data: Uint8Array[] = []
    const others: Uint8Array[] = []
    const memory = new Uint8Array(200)
    let have = 0
    const splitter = new FrameSplitter('dialer', MOST, (piece) => void others.push(Uint8Array.from(piece)))
    splitter.data = (piece) => void data.push(Uint8Array.from(piece))
    expect(splitter.next()).to.equal(null)
    splitter.place = { next: () => memory.subarray(have), came: (count) => void (have += count) }
    expect(splitter.next()).to.equal(null)
    const pong = frame(0x8a, body(4, 7))
    splitter.push(Buffer.concat([pong, frame(0x82, body(50, 1)).subarray(0, 22)]))
    expect(splitter.next()?.length).to.equal(30)
    splitter.came(29)
    expect(splitter.next()?.length).to.equal(1)
    splitter.came(1)
    expect(splitter.next()).to.equal(null)
    splitter.push(frame(0x82, body(150, 2)).subarray(0, 4))
    expect(splitter.next()?.length).to.equal(150)
    splitter.push(body(150, 2))
    splitter.push(frame(0x81, body(9, 3)).subarray(0, 4))
    expect(splitter.next()).to.equal(null)
    expect(Buffer.concat(data).equals(Buffer.concat([body(20, 1), body(150, 2)]))).to.equal(true)
    expect(Buffer.concat(others).length).to.equal(pong.length + 4)
  })
})
