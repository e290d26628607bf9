import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { deferred } from '../../src/base/deferred.ts'
import type { Channel } from '../../src/transport/channel.ts'

const MIB = 1024 * 1024
const SIZES = [0, 1, 125, 126, 4096, 4097, 65_535, 65_536, MIB, 5 * MIB]

/** The suite that every implementation of `Channel` passes. `makePair`: both ends of a fresh channel. */
export function describeChannel(name: string, makePair: () => Promise<[Channel, Channel]>): void {
  describe(`Channel: ${name}`, () => {
    let left: Channel
    let right: Channel

    beforeEach(async () => {
      ;[left, right] = await makePair()
    })

    afterEach(async () => {
      left.destroy()
      right.destroy()
      await Promise.all([left.closed, right.closed])
    })

    describeFrames(() => [left, right])
    describeFlow(() => [left, right])
    describeEnd(() => [left, right])
  })
}

function describeFrames(pair: () => [Channel, Channel]): void {
  for (const from of [0, 1] as const) {
    it(`carries frames of 0 bytes to 5 MiB whole and in order from side ${String(from)}`, async () => {
      const [sender, receiver] = ends(pair, from)
      const arrived = collect(receiver, SIZES.length)
      SIZES.forEach((bytes, index) => {
        sender.send(pattern(bytes, index))
      })
      const frames = await arrived
      expect(frames.map((frame) => frame.byteLength)).to.deep.equal(SIZES)
      for (const [index, frame] of frames.entries()) expectPattern(frame, index)
    })

    it(`makes one frame of the parts from side ${String(from)}`, async () => {
      const [sender, receiver] = ends(pair, from)
      const arrived = collect(receiver, 3)
      sender.send(pattern(10, 1), pattern(0, 2), pattern(20, 3))
      sender.send()
      sender.send(pattern(48, 1), pattern(MIB, 2))
      const [small, empty, large] = await arrived
      expect(Buffer.from(small ?? []).equals(Buffer.concat([pattern(10, 1), pattern(20, 3)]))).to.equal(true)
      expect(empty?.byteLength).to.equal(0)
      expect(Buffer.from(large ?? []).equals(Buffer.concat([pattern(48, 1), pattern(MIB, 2)]))).to.equal(true)
    })
  }

  for (const from of [0, 1] as const) {
    it(`onPieces() gets the bytes of all frames in order, those from before it too, from side ${String(from)}`, async () => {
      const [sender, receiver] = ends(pair, from)
      const sent = [...SIZES, ...SIZES].map((bytes, index) => pattern(bytes, index))
      for (const frame of sent.slice(0, 3)) sender.send(frame)
      await turns(20)
      const arrived = bytesOf(
        receiver,
        sent.reduce((sum, frame) => sum + frame.length, 0),
      )
      for (const frame of sent.slice(3)) sender.send(frame)
      expect(Buffer.concat(sent).equals(await arrived)).to.equal(true)
    })

    it(`onPieces() may put bytes where there is a place for them, and each byte comes once, from side ${String(from)}`, async () => {
      const [sender, receiver] = ends(pair, from)
      const sent = [...SIZES, 300_000, 200_000, ...SIZES].map((bytes, index) => pattern(bytes, index))
      const total = sent.reduce((sum, frame) => sum + frame.length, 0)
      const memory = new Uint8Array(new SharedArrayBuffer(total))
      const all = deferred<undefined>()
      let have = 0
      let calls = 0
      const came = (bytes: number): void => {
        have += bytes
        if (have === total) all.resolve(undefined)
      }
      receiver.onPieces(
        (piece) => {
          memory.set(piece, have)
          came(piece.length)
        },
        {
          // At times there is none, and sometimes less than what is there.
          next: () => {
            calls++
            return calls % 5 === 0 ? null : memory.subarray(have, have + (calls % 2 === 0 ? 70_000 : 300_000))
          },
          came,
        },
      )
      for (const frame of sent) sender.send(frame)
      await all.promise
      expect(Buffer.concat(sent).equals(memory)).to.equal(true)
    })

    it(`lend() sends at once, and leaves the memory alone after true or onDrain, from side ${String(from)}`, async () => {
      const [sender, receiver] = ends(pair, from)
      const sent = [...SIZES, 20_000, 5 * MIB, 5 * MIB, 100].map((bytes, index) => pattern(bytes, index))
      const arrived = bytesOf(
        receiver,
        sent.reduce((sum, frame) => sum + frame.length, 0),
      )
      let drained = deferred<undefined>()
      sender.onDrain(() => drained.resolve(undefined))
      const memory = new Uint8Array(new SharedArrayBuffer(5 * MIB))
      for (const frame of sent) {
        drained = deferred()
        memory.set(frame)
        if (!sender.lend(memory.subarray(0, frame.length))) await drained.promise
        memory.fill(0)
      }
      expect(Buffer.concat(sent).equals(await arrived)).to.equal(true)
    })
  }

  it('carries lent frames and others in the order in which they were sent', async () => {
    const [left, right] = pair()
    const arrived = collect(right, 300)
    for (let index = 0; index < 300; index += 3) {
      left.send(pattern(100, index))
      left.lend(pattern(200, index + 1))
      left.send(pattern(5000, index + 2))
    }
    for (const [index, frame] of (await arrived).entries()) expectPattern(frame, index)
  })

  it('carries both directions at the same time', async () => {
    const [left, right] = pair()
    const arrived = Promise.all([collect(left, 200), collect(right, 200)])
    for (let index = 0; index < 200; index += 1) {
      left.send(pattern(5000, index))
      right.send(pattern(300, index))
    }
    for (const frames of await arrived) {
      for (const [index, frame] of frames.entries()) expectPattern(frame, index)
    }
  })

  it('keeps frames that come before onFrame', async () => {
    const [left, right] = pair()
    for (let index = 0; index < 100; index += 1) left.send(pattern(30_000, index))
    await turns(20)
    const frames = await collect(right, 100)
    for (const [index, frame] of frames.entries()) expectPattern(frame, index)
  })

  it('lets the sender reuse its memory once bufferedBytes is 0', async () => {
    const [left, right] = pair()
    const arrived = collect(right, 1)
    const memory = pattern(100_000, 7)
    left.send(memory)
    while (left.bufferedBytes > 0) await turns(1)
    memory.fill(0)
    expectPattern((await arrived)[0] ?? new Uint8Array(1), 7)
  })
}

function describeFlow(pair: () => [Channel, Channel]): void {
  it('delivers nothing between pause and resume, and shows at the sender what waits', async () => {
    const [left, right] = pair()
    let count = 0
    const all = deferred<undefined>()
    right.onFrame((frame) => {
      expectPattern(frame, count)
      count += 1
      if (count === 1) right.pause()
      if (count === 64) all.resolve(undefined)
    })
    for (let index = 0; index < 64; index += 1) left.send(pattern(MIB, index))
    while (count < 1) await turns(1)
    await turns(50)
    expect(count).to.equal(1)
    // What the kernel and one read take is small against 64 MiB; the rest stays with the sender.
    expect(left.bufferedBytes).to.be.greaterThan(32 * MIB)
    right.resume()
    await all.promise
    while (left.bufferedBytes > 0) await turns(1)
  })

  it('can be paused and resumed by the receiver at every frame', async () => {
    const [left, right] = pair()
    const frames: Uint8Array[] = []
    const all = deferred<undefined>()
    right.onFrame((frame) => {
      frames.push(frame)
      right.pause()
      setImmediate(() => {
        right.resume()
      })
      if (frames.length === 50) all.resolve(undefined)
    })
    for (let index = 0; index < 50; index += 1) left.send(pattern(1000, index))
    await all.promise
    for (const [index, frame] of frames.entries()) expectPattern(frame, index)
  })
}

function describeEnd(pair: () => [Channel, Channel]): void {
  it('close() delivers what was sent before, then ends both sides', async () => {
    const [left, right] = pair()
    const arrived = collect(right, 20)
    for (let index = 0; index < 20; index += 1) left.send(pattern(MIB, index))
    left.close()
    left.close()
    left.send(pattern(1, 1))
    expect(await arrived).to.have.length(20)
    expect((await right.closed).by).to.equal('peer')
    expect((await left.closed).by).to.equal('local')
  })

  it('close() delivers what was sent before to a side that takes pieces and was paused among them', async () => {
    const [left, right] = pair()
    const sent = Array.from({ length: 10 }, (_, index) => pattern(70_001, index))
    const pieces: Uint8Array[] = []
    right.onPieces((piece) => {
      pieces.push(Uint8Array.from(piece))
      if (pieces.length === 1) right.pause()
    })
    for (const frame of sent) left.send(frame)
    left.close()
    await turns(50)
    expect(pieces).to.have.length(1)
    right.resume()
    expect((await right.closed).by).to.equal('peer')
    expect(Buffer.concat(sent).equals(Buffer.concat(pieces))).to.equal(true)
  })

  it('close() delivers what was sent before to a side that was paused', async () => {
    const [left, right] = pair()
    const frames: Uint8Array[] = []
    right.onFrame((frame) => {
      frames.push(frame)
    })
    right.pause()
    for (let index = 0; index < 10; index += 1) left.send(pattern(100, index))
    left.close()
    await turns(20)
    expect(frames).to.have.length(0)
    right.resume()
    expect((await right.closed).by).to.equal('peer')
    expect(frames).to.have.length(10)
  })

  it('close() by both sides at once ends both', async () => {
    const [left, right] = pair()
    left.close()
    right.close()
    expect((await left.closed).by).to.equal('local')
    expect((await right.closed).by).to.equal('local')
  })

  it('destroy() ends this side as local and the other side as lost', async () => {
    const [left, right] = pair()
    left.send(pattern(MIB, 1))
    left.destroy()
    expect((await left.closed).by).to.equal('local')
    const end = await right.closed
    expect(end.by).to.equal('lost')
    expect(end.reason).to.match(/\w/)
  })

  it('drops frames that are sent after the end, without an error', async () => {
    const [left, right] = pair()
    left.destroy()
    left.send(pattern(10, 1))
    await right.closed
    right.send(pattern(10, 1))
    left.pause()
    left.resume()
    left.close()
    right.close()
    left.destroy()
  })
}

function ends(pair: () => [Channel, Channel], from: 0 | 1): [Channel, Channel] {
  const [left, right] = pair()
  return from === 0 ? [left, right] : [right, left]
}

async function collect(channel: Channel, count: number): Promise<readonly Uint8Array[]> {
  const frames: Uint8Array[] = []
  const all = deferred<readonly Uint8Array[]>()
  channel.onFrame((frame) => {
    frames.push(frame)
    if (frames.length === count) all.resolve(frames)
  })
  return await all.promise
}

/** The first `count` bytes that arrive in pieces. */
async function bytesOf(channel: Channel, count: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  const all = deferred<undefined>()
  let left = count
  channel.onPieces((piece) => {
    pieces.push(Uint8Array.from(piece))
    left -= piece.length
    if (left <= 0) all.resolve(undefined)
  })
  await all.promise
  return Buffer.concat(pieces)
}

function pattern(bytes: number, seed: number): Uint8Array {
  return new Uint8Array(bytes).fill((seed * 31 + 1) & 0xff)
}

function expectPattern(frame: Uint8Array, seed: number): void {
  const expected = pattern(frame.byteLength, seed)
  if (!Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).equals(expected)) {
    throw new Error(`frame ${String(seed)} arrived with other bytes`)
  }
}

/** Lets the event loop turn, so that whatever is on its way arrives. */
async function turns(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed += 1) await turn()
}
