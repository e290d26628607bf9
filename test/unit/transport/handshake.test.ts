import { expect } from 'chai'
import {
  advanceHandshake,
  beginAsDialer,
  beginAsListener,
  type HandshakeKeys,
  type HandshakeResult,
  type HandshakeState,
  START_FRAME,
} from '../../../src/transport/handshake.ts'
import { encodeHandshakeFrame } from '../../../src/transport/handshake-frames.ts'
import { PROTOCOL_VERSION } from '../../../src/wire/version.ts'

const PURPOSE = 'control:7'
const KEY = '11'.repeat(32)
const OTHER_KEY = '22'.repeat(32)
const NO_SESSION = new Uint8Array(0)
/** Of the dialer, and of the listener that it expects. */
const KEYS: HandshakeKeys = { keyOf: keyFor(KEY), jobKey: '99'.repeat(32), session: NO_SESSION }
/** Of another one of the job. */
const OTHERS: HandshakeKeys = { ...KEYS, keyOf: keyFor(OTHER_KEY) }
const STRANGERS: HandshakeKeys = { ...KEYS, jobKey: '33'.repeat(32) }

function keyFor(key: string) {
  return (purpose: string) => (purpose === PURPOSE ? key : undefined)
}

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
function run(keys = { dialer: KEYS, listener: KEYS }) {
  const listener = beginAsListener()
  const greeting = listener.frame ?? new Uint8Array()
  const hello = reply(advanceHandshake(beginAsDialer(PURPOSE).state, greeting, keys.dialer))
  const welcome = advanceHandshake(listener.state, hello.frame, keys.listener)
  return { listener, greeting, hello, welcome }
}

describe('advanceHandshake()', () => {
  it('proves both sides and tells the listener the purpose', () => {
    const { hello, welcome } = run()
    const { frame, state } = reply(welcome)
    const welcomed = advanceHandshake(hello.state, frame, KEYS)
    if (welcomed.type !== 'welcomed') throw new Error(`expected a welcome, got ${JSON.stringify(welcomed)}`)
    const opened = advanceHandshake(state, START_FRAME, KEYS)
    expect(opened).to.include({ type: 'proven', purpose: PURPOSE })
    const ready = opened.type === 'proven' ? opened.frame : undefined
    const last = advanceHandshake(welcomed.state, ready ?? new Uint8Array(), KEYS)
    expect(last).to.deep.equal({ type: 'proven', purpose: PURPOSE })
  })

  for (const purpose of ['control:8', 'data:7:0', 'data:0:7', '', 'x']) {
    it(`sends a dialer away that expects another one (${JSON.stringify(purpose)}), who then knows that it did`, () => {
      const listener = beginAsListener()
      const dialerKeys = { ...KEYS, keyOf: () => OTHER_KEY }
      const hello = reply(
        advanceHandshake(beginAsDialer(purpose).state, listener.frame ?? new Uint8Array(), dialerKeys),
      )
      const result = advanceHandshake(listener.state, hello.frame, KEYS)
      if (purpose === '') return expect(reasonOf(result)).to.equal('sent something that is not a handshake')
      expect(reasonOf(result)).to.equal(`looks for another one of this job ("${purpose}")`)
      const answer = (result.type === 'refused' && result.frame) || new Uint8Array()
      const told = { type: 'refused', reason: 'is another one of this job', isMistaken: true }
      return expect(advanceHandshake(hello.state, answer, KEYS)).to.deep.equal(told)
    })
  }

  it('does not believe a stranger who says that it is another one of the job', () => {
    const { hello } = run()
    const forged = encodeHandshakeFrame({ kind: 'mistaken', version: PROTOCOL_VERSION, proof: new Uint8Array(32) })
    expect(reasonOf(advanceHandshake(hello.state, forged, KEYS))).to.equal('does not know the secret')
  })

  it('refuses a stranger, also one that looks for another one, without a word', () => {
    expect(run({ dialer: STRANGERS, listener: KEYS }).welcome).to.deep.equal({
      type: 'refused',
      reason: 'does not know the secret',
    })
    const nobody = { ...KEYS, keyOf: () => undefined }
    expect(run({ dialer: STRANGERS, listener: nobody }).welcome).to.deep.equal({
      type: 'refused',
      reason: 'does not know the secret',
    })
  })

  it('refuses another one of the job that dials in the name of this one, without a word', () => {
    expect(run({ dialer: OTHERS, listener: KEYS }).welcome).to.deep.equal({
      type: 'refused',
      reason: `is of this job, but not who it says it is ("${PURPOSE}")`,
    })
  })

  for (const [who, keys] of [
    ['another one of the job that listens in the name of the one that it looks for', OTHERS],
    ['a stranger', STRANGERS],
  ] as const) {
    it(`does not take ${who} for the listener`, () => {
      const { hello } = run()
      const impostor = beginAsListener()
      const forged = reply(advanceHandshake(impostor.state, helloFor(impostor.frame, keys), keys))
      const answer = advanceHandshake(hello.state, forged.frame, KEYS)
      if (keys === OTHERS) expect(reasonOf(answer)).to.equal('does not know the secret')
      // Nor does one that has the job's key alone get that far.
      const { state, frame = new Uint8Array() } = beginAsListener()
      const wanted = reply(advanceHandshake(beginAsDialer(PURPOSE).state, frame, KEYS))
      expect(advanceHandshake(state, wanted.frame, keys).type).to.equal('refused')
    })
  }

  it('proves nothing in another session, so that nobody of the job can stand between two others', () => {
    const near = { ...KEYS, session: Buffer.alloc(32, 1) }
    const far = { ...KEYS, session: Buffer.alloc(32, 2) }
    expect(reply(run({ dialer: near, listener: near }).welcome).state.step).to.equal('awaitStart')
    for (const listener of [far, KEYS]) {
      expect(reasonOf(run({ dialer: near, listener }).welcome)).to.equal('does not know the secret')
    }
  })

  it('says nothing to a listener that it has no key for', () => {
    const { frame = new Uint8Array() } = beginAsListener()
    const result = advanceHandshake(beginAsDialer('control:8').state, frame, KEYS)
    expect(reasonOf(result)).to.equal('is somebody whom this side has no key for')
  })

  it('refuses the hello of another connection (replay)', () => {
    const { hello } = run()
    const later = beginAsListener()
    expect(reasonOf(advanceHandshake(later.state, hello.frame, KEYS))).to.equal('does not know the secret')
  })

  it('refuses the welcome of another connection (replay)', () => {
    const first = run()
    const second = run()
    const replayed = reply(first.welcome).frame
    expect(reasonOf(advanceHandshake(second.hello.state, replayed, KEYS))).to.equal('does not know the secret')
  })

  it('refuses its own proof sent back (reflection)', () => {
    const { hello } = run()
    const welcomeHeader = Buffer.from(reply(run().welcome).frame.subarray(0, 9))
    const ownProof = hello.frame.subarray(9 + 32, 9 + 64)
    const reflected = Buffer.concat([welcomeHeader, ownProof])
    expect(reasonOf(advanceHandshake(hello.state, reflected, KEYS))).to.equal('does not know the secret')
  })

  it('refuses a hello whose purpose was changed on the way', () => {
    const { listener, hello } = run()
    const changed = Buffer.from(hello.frame)
    changed.write('8', changed.byteLength - 1)
    expect(reasonOf(advanceHandshake(listener.state, changed, KEYS))).to.equal('does not know the secret')
  })

  it('names both versions when the other side has another one, whatever else the frame holds', () => {
    const { listener, greeting, hello } = run()
    const wanted = `speaks protocol version 999, this side ${String(PROTOCOL_VERSION)}`
    expect(reasonOf(advanceHandshake(listener.state, withVersion(hello.frame, 999), KEYS))).to.equal(wanted)
    const dialer = beginAsDialer(PURPOSE).state
    expect(reasonOf(advanceHandshake(dialer, withVersion(greeting, 999), KEYS))).to.equal(wanted)
    const longer = Buffer.concat([withVersion(greeting, 999), Buffer.alloc(500)])
    expect(reasonOf(advanceHandshake(dialer, longer, KEYS))).to.equal(wanted)
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
        const result = advanceHandshake(state, frame, KEYS)
        if (index !== expected)
          expect(reasonOf(result), `${state.step} frame ${String(index)}`).to.contain('out of turn')
      })
    }
  })

  it('refuses a frame cut at any byte, and one that is too long', () => {
    const { listener, hello } = run()
    for (let bytes = 0; bytes < hello.frame.byteLength; bytes += 1) {
      const result = advanceHandshake(listener.state, hello.frame.subarray(0, bytes), KEYS)
      expect(result.type, `${String(bytes)} bytes`).to.equal('refused')
    }
    for (const extra of [1, 200, 1024, 100_000]) {
      const long = Buffer.concat([hello.frame, Buffer.alloc(extra, 'x')])
      expect(advanceHandshake(listener.state, long, KEYS).type, `${String(extra)} more`).to.equal('refused')
    }
  })

  it('refuses other bytes', () => {
    const { listener } = run()
    for (const text of ['', 'GET / HTTP/1.1\r\n\r\n', 'mpts', 'mpts\u0009\0\0\0\u0001', '\0'.repeat(73)]) {
      expect(advanceHandshake(listener.state, Buffer.from(text), KEYS).type).to.equal('refused')
    }
  })
})

function helloFor(greeting: Uint8Array | undefined, keys: HandshakeKeys): Uint8Array {
  return reply(advanceHandshake(beginAsDialer(PURPOSE).state, greeting ?? new Uint8Array(), keys)).frame
}

function withVersion(frame: Uint8Array, version: number): Buffer {
  const changed = Buffer.from(frame)
  changed.writeUInt32BE(version, 5)
  return changed
}
