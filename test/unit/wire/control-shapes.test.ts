import { expect } from 'chai'
import type { FromAgent, ToAgent } from '../../../src/wire/control-messages.ts'
import { agentCodec, coordinatorCodec } from '../../../src/wire/control-codec.ts'
import { decodeControl, encodeControl } from '../../../src/wire/codec.ts'
import { checkFromAgent, cutText, MOST_FROM_AGENT_BYTES, MOST_TEXT } from '../../../src/wire/control-shapes.ts'
import type { Bounds } from '../../../src/wire/shape.ts'

/** Ranks 0 and 1 are on node 0, rank 2 on node 1, which speaks. */
const BOUNDS: Bounds = { size: 3, nodeCount: 2, nodeOfRank: [0, 0, 1], nodeId: 1 }

const summary = { comm: 0, name: 'COMM_WORLD', hasFailed: false, calls: 3, hash: -5, latest: ['barrier()'] }
const wait = {
  rank: 2,
  call: 'recv(source = 1)',
  place: 'ring.js:12',
  collectives: [{ context: 0, name: 'COMM_WORLD', rank: 2, sequence: 4, latest: ['barrier()'] }],
}
const vote = { type: 'vote', comm: 0, number: 1, call: 'agree', flag: true, counter: 0, members: [[0, 3]] } as const

const GOOD: readonly FromAgent[] = [
  {
    type: 'hello',
    nodeId: 1,
    hostname: 'b',
    pid: 7,
    nodeVersion: '20',
    protocolVersion: 1,
    addresses: ['::1'],
    port: 9,
  },
  { type: 'output', rank: 2, stream: 2, bytes: Uint8Array.of(1) },
  { type: 'stdinWanted', rank: 2 },
  { type: 'rankExit', rank: 2, status: 0, collectives: [summary], toldNodes: [0] },
  { type: 'rankExit', rank: 2, status: 255, failure: { kind: 'error', message: 'm', stack: 's' }, toldNodes: [] },
  { type: 'abort', rank: 2, status: Number.NaN },
  { type: 'agentFailure', message: 'm', exitStatus: 3, peer: 0 },
  { type: 'agentFailure', message: 'm', exitStatus: 127 },
  { type: 'peerMisfit', peer: 0, what: 'a record' },
  { type: 'askDial', nodeId: 0 },
  { type: 'stalled', isStalled: false },
  { type: 'waits', question: 1, isStuck: true, activity: 2 ** 40, sent: 0, received: 0, ranks: [wait] },
  { type: 'waits', question: 1, isStuck: false, activity: 0, sent: 0, received: 0 },
  { type: 'motion', rank: 2, motion: vote },
  {
    type: 'motion',
    rank: 2,
    motion: {
      type: 'revoke',
      comm: 0,
      members: [
        [0, 1],
        [2, 1],
      ],
    },
  },
  { type: 'bye' },
  { type: 'askRelay', nodeId: 0 },
]

const [HELLO, OUTPUT, , EXIT, FAILED] = GOOD
const members = (...runs: unknown[]): object => ({ type: 'motion', rank: 2, motion: { ...vote, members: runs } })

const BAD: readonly { readonly message: unknown; readonly says: RegExp }[] = [
  ...[null, 5, 'bye', [], {}, new Map(), Uint8Array.of(1)].map((message) => ({ message, says: /without a type/ })),
  { message: { type: 'frobnicate' }, says: /of the unknown type "frobnicate"/ },
  { message: { type: '__proto__' }, says: /of the unknown type "__proto__"/ },
  { message: { type: 'constructor' }, says: /of the unknown type/ },
  { message: { type: null }, says: /of the unknown type null/ },
  { message: { type: 'bye', more: 1 }, says: /has a field "more", which is unknown/ },
  { message: { ...HELLO, nodeId: 0 }, says: /nodeId is 0, not 1/ },
  { message: { ...HELLO, port: 65_536 }, says: /port is 65536/ },
  { message: { ...HELLO, addresses: ['a', null] }, says: /addresses\[1\] is null/ },
  { message: { ...HELLO, hostname: 'x'.repeat(2000) }, says: /hostname is "x+…"/ },
  ...[99_999, -1, 1e308, 0.5, Number.NaN, 'x', '__proto__', null, undefined, 0, 1, 3, '2', 2n, [2]].map((rank) => ({
    message: { ...OUTPUT, rank },
    says: /type output that does not fit: rank is .*, not a rank of the node/,
  })),
  { message: { ...OUTPUT, stream: 77 }, says: /stream is 77, not 1 or 2/ },
  ...[null, 'text', [1, 2], 5, new Uint8Array(1024 * 1024 + 1)].map((bytes) => ({
    message: { ...OUTPUT, bytes },
    says: /bytes is /,
  })),
  ...[-1, 256, 0.5, 'boo', null, Number.NaN, undefined].map((status) => ({
    message: { ...EXIT, status },
    says: /status is .*, not an integer from 0 to 255/,
  })),
  { message: { ...EXIT, toldNodes: null }, says: /toldNodes is null, not a list/ },
  { message: { ...EXIT, toldNodes: [1] }, says: /toldNodes\[0\] is 1, not another node/ },
  { message: { ...EXIT, collectives: [null] }, says: /collectives/ },
  { message: { ...EXIT, collectives: [{ ...summary, latest: [7] }] }, says: /collectives\[0\]\.latest\[0\] is 7/ },
  { message: { ...FAILED, failure: 7 }, says: /failure is 7, not an object/ },
  { message: { ...FAILED, failure: { kind: 'joke', message: '' } }, says: /failure\.kind is "joke"/ },
  ...[0, 256, -3, 3.5, null].map((exitStatus) => ({
    message: { type: 'agentFailure', message: 'm', exitStatus },
    says: /exitStatus is .*, not an integer from 1 to 255/,
  })),
  { message: { type: 'agentFailure', message: 'm', exitStatus: 3, peer: 1 }, says: /peer is 1, not another node/ },
  { message: { type: 'agentFailure', message: 'm'.repeat(MOST_TEXT + 1), exitStatus: 3 }, says: /message is "m+…"/ },
  ...[-1, 1, 2, 1e9, 'x'].map((nodeId) => ({ message: { type: 'askDial', nodeId }, says: /nodeId is/ })),
  { message: { type: 'abort', rank: 2, status: '1' }, says: /status is "1"/ },
  {
    message: { type: 'waits', question: 0, isStuck: true, activity: 0, sent: 0, received: 0, ranks: null },
    says: /ranks/,
  },
  {
    message: { ...GOOD[11], ranks: [{ rank: 0, call: 'c' }] },
    says: /ranks\[0\]\.rank is 0, not a rank of the node/,
  },
  { message: { ...GOOD[11], ranks: [{ ...wait, collectives: [null] }] }, says: /collectives\[0\] is null/ },
  { message: { type: 'motion', rank: 2, motion: null }, says: /motion that is null/ },
  { message: members([0, 3e8]), says: /members has ranks from 0 on, 300000000 of them/ },
  ...[
    [[0, 4]],
    [[-1, 2]],
    [[0, 0]],
    [
      [0, 2],
      [1, 1],
    ],
    [
      [1, 1],
      [0, 1],
    ],
    [[0.5, 1]],
    [null],
    [[0]],
    [],
  ].map((runs) => ({
    message: members(...(runs as unknown[])),
    says: /members/,
  })),
]

describe('checkFromAgent()', () => {
  for (const message of GOOD) {
    it(`takes ${message.type}, also from the wire`, () => {
      expect(checkFromAgent(message, BOUNDS)).to.equal(message)
      expect(() => checkFromAgent(decodeControl(encodeControl(message)), BOUNDS)).not.to.throw()
    })
  }

  it('refuses what does not fit, and says what', () => {
    for (const { message, says } of BAD) expect(() => checkFromAgent(message, BOUNDS)).to.throw(says)
  })
})

describe('coordinatorCodec()', () => {
  const codec = coordinatorCodec('n1', BOUNDS)
  const decode = (bytes: Uint8Array): FromAgent => codec.decode(bytes)
  const nested = (levels: number): Uint8Array => Buffer.concat([Buffer.alloc(levels, 0x91), Buffer.of(0xc0)])

  it('says of which node the bytes are that it cannot decode', () => {
    const cases = ['c1c1c1ff00', '', 'dfffffffff', 'ddffffffff', 'dbffffffff41', 'c6ffffffff', '81a474797065']
    for (const hex of cases) {
      expect(() => decode(Buffer.from(hex, 'hex')), hex).to.throw(/^node n1 sent bytes that are no control message/)
    }
    expect(() => decode(nested(200_000))).to.throw(/nested too deeply/)
    expect(() => decode(new Uint8Array(MOST_FROM_AGENT_BYTES + 1))).to.throw(/a control message of 4194305 bytes/)
  })

  it('is not slowed by what stands behind a message', () => {
    const message = encodeControl({ type: 'output', rank: 2, stream: 1, bytes: new Uint8Array(1024 * 1024) })
    expect(() => decode(Buffer.concat([message, Buffer.of(0)]))).to.throw(/no control message/)
  })

  it('pollutes no prototype', () => {
    const bytes = Buffer.concat([Buffer.of(0x82, 0xa9), Buffer.from('__proto__'), Buffer.of(0x81, 0xa1, 0x70, 1, 0xa4)])
    expect(() => decode(Buffer.concat([bytes, Buffer.from('type'), Buffer.of(0xa3), Buffer.from('bye')]))).to.throw(
      /field/,
    )
    expect(({} as { p?: unknown }).p).to.equal(undefined)
  })
})

describe('agentCodec()', () => {
  const start = {
    type: 'start',
    jobId: 'j',
    nodeCount: 2,
    size: 3,
    nodeOfRank: [0, 0, 1],
    programs: [{ path: 'p.js', args: ['a'] }],
    appSizes: [3],
    environment: { clean: false, set: { A: 'b' } },
    wdirs: ['/'],
    terminal: { stdoutIsTty: false, stderrIsTty: false, columns: 80 },
    syncSend: false,
    pool: false,
    epochMs: 1.5,
    findsDeadlocks: true,
    sharesSockets: true,
    outlivesRanks: false,
    forwardSignals: ['SIGUSR1'],
    nodeFlags: ['--expose-gc'],
  } as const satisfies ToAgent
  const address = { nodeId: 0, addresses: ['::1'], port: 1, key: 'ab'.repeat(32) }
  const take = (codec: ReturnType<typeof agentCodec>, message: object): ToAgent => codec.decode(encodeControl(message))

  it('takes what a coordinator says', () => {
    const codec = agentCodec(1)
    const messages: readonly ToAgent[] = [
      start,
      { type: 'signal', signal: 'SIGUSR1' },
      { type: 'signal', signal: 'SIGTERM', endAfterMs: 3000 },
      { type: 'stdin', rank: 2, bytes: Uint8Array.of(1) },
      { type: 'stdin', rank: 2, bytes: null },
      { type: 'outputDone', rank: 2, bytes: 5 },
      { type: 'rankFinished', rank: 0, exceptNodes: [0] },
      { type: 'rankLost', rank: 1, exceptNodes: [] },
      { type: 'ruling', ranks: [2], ruling: { type: 'revoked', comm: 0 } },
      { type: 'nodeLost', nodeId: 0 },
      { type: 'dial', ...address },
      { type: 'relay', nodeId: 0 },
      { type: 'askWaits', question: 1, wantsDetails: true },
      { type: 'deadlock', table: 't' },
      { type: 'end' },
    ]
    for (const message of messages) expect(take(codec, message)).to.deep.include({ type: message.type })
  })

  it('refuses ranks before there are any, and those of other nodes', () => {
    expect(() => take(agentCodec(1), { type: 'stdin', rank: 2, bytes: null })).to.throw(
      /^the coordinator sent .*rank is 2/,
    )
    const codec = agentCodec(1)
    take(codec, start)
    const bad: readonly object[] = [
      start,
      { type: 'stdin', rank: 0, bytes: null },
      { type: 'outputDone', rank: 2, bytes: -1 },
      { type: 'ruling', ranks: [0], ruling: { type: 'revoked', comm: 0 } },
      {
        type: 'ruling',
        ranks: [2],
        ruling: { type: 'agreed', comm: 0, number: 0, flag: true, survivors: [[0, 4e9]], counter: 0 },
      },
      { type: 'dial', ...address, nodeId: 1 },
      { type: 'dial', ...address, key: 'a' },
      { type: 'relay', nodeId: 1 },
      { type: 'nodeLost', nodeId: 7 },
      { type: 'signal', signal: 'SIGTERM', endAfterMs: -1 },
      { type: 'rankFinished', rank: 3, exceptNodes: [] },
    ]
    for (const message of bad)
      expect(() => take(codec, message), JSON.stringify(message)).to.throw(/^the coordinator sent/)
  })

  it('refuses a start that contradicts itself', () => {
    const bad: readonly object[] = [
      { size: 4 },
      { nodeCount: 1 },
      { nodeOfRank: [0, 0, 7] },
      { appSizes: [] },
      { appSizes: [2] },
      { wdirs: [] },
      { programs: [{ path: 5, args: [] }] },
      { size: 4e9 },
      { forwardSignals: ['SIG; rm'] },
      { nodeFlags: [1] },
    ]
    for (const change of bad) {
      expect(() => take(agentCodec(1), { ...start, ...change }), JSON.stringify(change)).to.throw(
        /^the coordinator sent/,
      )
    }
  })
})

describe('cutText()', () => {
  it('makes a text of any length one that travels', () => {
    expect(cutText('x')).to.equal('x')
    expect(cutText('x'.repeat(MOST_TEXT + 1))).to.have.length(MOST_TEXT)
  })
})
