import { expect } from 'chai'
import {
  advanceHandshake,
  beginAsDialer,
  beginAsListener,
  type HandshakeResult,
  type HandshakeState,
  START_FRAME,
} from '../../../src/transport/handshake.ts'
import { encodeHandshakeFrame } from '../../../src/transport/handshake-frames.ts'
import { PROTOCOL_VERSION } from '../../../src/wire/version.ts'

const SECRET = '11'.repeat(32)
const PURPOSE = 'control:7'
const isForMe = (purpose: string): boolean => purpose === PURPOSE

interface Reply {
  readonly state: HandshakeState
  readonly frame: Uint8Array
}

function reply(result: HandshakeResult): Reply {
  if (result.type !== 'reply') throw new Error(`expected a reply, got ${JSON.stringify(result)}`)
  return result
}

function reasonOf(result: HandshakeResult): string {
  return result.type === 'refused' ? result.reason : `not refused: ${result.type}`
}

/** The frames of one handshake in the order they are sent, with the states of both sides in between. */
function run(secrets = { dialer: SECRET, listener: SECRET }) {
  const listener = beginAsListener(isForMe)
  const greeting = listener.frame ?? new Uint8Array()
  const hello = reply(advanceHandshake(beginAsDialer(PURPOSE).state, greeting, secrets.dialer))
  const welcome = advanceHandshake(listener.state, hello.frame, secrets.listener)
  return { listener, greeting, hello, welcome }
}

describe('advanceHandshake()', () => {
  it('proves both sides and tells the listener the purpose', () => {
    const { hello, welcome } = run()
    const { frame, state } = reply(welcome)
    const welcomed = advanceHandshake(hello.state, frame, SECRET)
    if (welcomed.type !== 'welcomed') throw new Error(`expected a welcome, got ${JSON.stringify(welcomed)}`)
    const opened = advanceHandshake(state, START_FRAME, SECRET)
    expect(opened).to.include({ type: 'proven', purpose: PURPOSE })
    const ready = opened.type === 'proven' ? opened.frame : undefined
    const last = advanceHandshake(welcomed.state, ready ?? new Uint8Array(), SECRET)
    expect(last).to.deep.equal({ type: 'proven', purpose: PURPOSE })
  })

  for (const purpose of ['control:8', 'data:7:0', 'data:0:7', '', 'x']) {
    it(`sends a dialer away that expects another one (${JSON.stringify(purpose)}), who then knows that it did`, () => {
      const listener = beginAsListener((text) => text === PURPOSE)
      const hello = reply(advanceHandshake(beginAsDialer(purpose).state, listener.frame ?? new Uint8Array(), SECRET))
      const result = advanceHandshake(listener.state, hello.frame, SECRET)
      if (purpose === '') return expect(reasonOf(result)).to.equal('sent something that is not a handshake')
      expect(reasonOf(result)).to.equal(`looks for another one of this job ("${purpose}")`)
      const answer = (result.type === 'refused' && result.frame) || new Uint8Array()
      const told = { type: 'refused', reason: 'is another one of this job', isMistaken: true }
      return expect(advanceHandshake(hello.state, answer, SECRET)).to.deep.equal(told)
    })
  }

  it('does not believe a stranger who says that it is another one of the job', () => {
    const { hello } = run()
    const forged = encodeHandshakeFrame({ kind: 'mistaken', version: PROTOCOL_VERSION, proof: new Uint8Array(32) })
    expect(reasonOf(advanceHandshake(hello.state, forged, SECRET))).to.equal('does not know the secret')
  })

  it('refuses a dialer with another secret', () => {
    const { welcome } = run({ dialer: '22'.repeat(32), listener: SECRET })
    expect(reasonOf(welcome)).to.equal('does not know the secret')
  })

  it('refuses a listener with another secret', () => {
    const { hello } = run()
    const stranger = beginAsListener(isForMe)
    const forged = reply(advanceHandshake(stranger.state, helloFor(stranger.frame, '33'.repeat(32)), '33'.repeat(32)))
    expect(reasonOf(advanceHandshake(hello.state, forged.frame, SECRET))).to.equal('does not know the secret')
  })

  it('refuses the hello of another connection (replay)', () => {
    const { hello } = run()
    const later = beginAsListener(isForMe)
    expect(reasonOf(advanceHandshake(later.state, hello.frame, SECRET))).to.equal('does not know the secret')
  })

  it('refuses the welcome of another connection (replay)', () => {
    const first = run()
    const second = run()
    const replayed = reply(first.welcome).frame
    expect(reasonOf(advanceHandshake(second.hello.state, replayed, SECRET))).to.equal('does not know the secret')
  })

  it('refuses its own proof sent back (reflection)', () => {
    const { hello } = run()
    const welcomeHeader = Buffer.from(reply(run().welcome).frame.subarray(0, 9))
    const ownProof = hello.frame.subarray(9 + 32, 9 + 64)
    const reflected = Buffer.concat([welcomeHeader, ownProof])
    expect(reasonOf(advanceHandshake(hello.state, reflected, SECRET))).to.equal('does not know the secret')
  })

  it('refuses a hello whose purpose was changed on the way', () => {
    const { listener, hello } = run()
    const changed = Buffer.from(hello.frame)
    changed.write('8', changed.byteLength - 1)
    expect(reasonOf(advanceHandshake(listener.state, changed, SECRET))).to.equal('does not know the secret')
  })

  it('names both versions when the other side has another one, whatever else the frame holds', () => {
    const { listener, greeting, hello } = run()
    const wanted = `speaks protocol version 999, this side ${String(PROTOCOL_VERSION)}`
    expect(reasonOf(advanceHandshake(listener.state, withVersion(hello.frame, 999), SECRET))).to.equal(wanted)
    const dialer = beginAsDialer(PURPOSE).state
    expect(reasonOf(advanceHandshake(dialer, withVersion(greeting, 999), SECRET))).to.equal(wanted)
    const longer = Buffer.concat([withVersion(greeting, 999), Buffer.alloc(500)])
    expect(reasonOf(advanceHandshake(dialer, longer, SECRET))).to.equal(wanted)
  })

  it('refuses every frame out of turn', () => {
    const { listener, greeting, hello, welcome } = run()
    const frames = [greeting, hello.frame, reply(welcome).frame, START_FRAME]
    const states: [HandshakeState, number][] = [
      [listener.state, 1],
      [reply(welcome).state, 3],
      [beginAsDialer(PURPOSE).state, 0],
      [hello.state, 2],
    ]
    for (const [state, expected] of states) {
      frames.forEach((frame, index) => {
        const result = advanceHandshake(state, frame, SECRET)
        if (index !== expected)
          expect(reasonOf(result), `${state.step} frame ${String(index)}`).to.contain('out of turn')
      })
    }
  })

  it('refuses a frame cut at any byte, and one that is too long', () => {
    const { listener, hello } = run()
    for (let bytes = 0; bytes < hello.frame.byteLength; bytes += 1) {
      const result = advanceHandshake(listener.state, hello.frame.subarray(0, bytes), SECRET)
      expect(result.type, `${String(bytes)} bytes`).to.equal('refused')
    }
    for (const extra of [1, 200, 1024, 100_000]) {
      const long = Buffer.concat([hello.frame, Buffer.alloc(extra, 'x')])
      expect(advanceHandshake(listener.state, long, SECRET).type, `${String(extra)} more`).to.equal('refused')
    }
  })

  it('refuses other bytes', () => {
    const { listener } = run()
    for (const text of ['', 'GET / HTTP/1.1\r\n\r\n', 'mpts', 'mpts\u0009\0\0\0\u0001', '\0'.repeat(73)]) {
      expect(advanceHandshake(listener.state, Buffer.from(text), SECRET).type).to.equal('refused')
    }
  })
})

function helloFor(greeting: Uint8Array | undefined, secret: string): Uint8Array {
  return reply(advanceHandshake(beginAsDialer(PURPOSE).state, greeting ?? new Uint8Array(), secret)).frame
}

function withVersion(frame: Uint8Array, version: number): Buffer {
  const changed = Buffer.from(frame)
  changed.writeUInt32BE(version, 5)
  return changed
}
