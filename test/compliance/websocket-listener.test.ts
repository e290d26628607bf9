import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import type { Channel, ChannelSecret } from '../../src/transport/channel.ts'
import { advanceHandshake, beginAsDialer, START_FRAME } from '../../src/transport/handshake.ts'
import { JobKeys } from '../../src/transport/job-keys.ts'
import { parsePurpose } from '../../src/transport/purpose.ts'
import { dialChannel } from '../../src/transport/websocket-dialer.ts'
import { startTestListener, type TestListener } from './websocket-pair.ts'

const UPGRADE = [
  'GET /mpirun-ts HTTP/1.1',
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  '\r\n',
].join('\r\n')

/** What visitors may say that do not know the secret, and what the debug line says of them. */
const STRANGERS: readonly [name: string, text: string | Buffer, line: RegExp][] = [
  ['random bytes', Buffer.from('00ff8041'.repeat(40), 'hex'), /Parse Error/],
  ['an HTTP request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', /HTTP request/],
  ['an endless header', `GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`, /Header overflow/],
  ['an upgrade of another path', UPGRADE.replace('/mpirun-ts', '/chat'), /another path/],
  ['an upgrade without a key', UPGRADE.replace('Sec-WebSocket-Key', 'X'), /Sec-WebSocket-Key/],
  [
    'a hello without the secret',
    Buffer.concat([Buffer.from(UPGRADE), frame(Buffer.alloc(82, 'hello'))]),
    /not a handshake/,
  ],
  [
    'a frame of a gigabyte',
    Buffer.concat([Buffer.from(UPGRADE), Buffer.from('82ff0000000040000000', 'hex'), Buffer.alloc(4)]),
    /Max payload/,
  ],
  [
    'a frame that grows',
    Buffer.concat([Buffer.from(UPGRADE), Buffer.from('82ff000000000010000000000000', 'hex'), Buffer.alloc(9000)]),
    /too much/,
  ],
]

function frame(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x82, 0x80 | payload.byteLength, 0, 0, 0, 0]), payload])
}

describe('listenForChannels()', () => {
  let started: TestListener

  beforeEach(async () => {
    started = await startTestListener('plain', { stepTimeoutMs: 300, maxPending: 20 })
  })

  afterEach(() => {
    started.listener.close()
    for (const { channel } of started.opened) channel.destroy()
  })

  for (const [name, text, line] of STRANGERS) {
    it(`drops ${name} with one debug line, and goes on`, async () => {
      const socket = connect(started.listener.port, '127.0.0.1')
      socket.on('error', () => undefined)
      const answer = read(socket)
      socket.write(text)
      expect(await answer).to.satisfy((said: string) => said === '' || said.startsWith('HTTP/1.1 101'))
      await lineCount(started, 1)
      expect(started.lines[0]).to.match(line)
      expect(started.opened).to.deep.equal([])
      await expectDialable(started)
    })
  }

  it('drops a visitor that says nothing, after the deadline', async () => {
    const socket = connect(started.listener.port, '127.0.0.1')
    expect(await read(socket)).to.equal('')
    expect(started.lines[0]).to.contain('did not prove itself within 0.3 s')
  })

  it('drops a visitor that upgrades and then says nothing, after the deadline', async () => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${String(started.listener.port)}/mpirun-ts`)
    await once(webSocket, 'close')
    expect(started.lines).to.have.length(1)
    expect(started.lines[0]).to.contain('did not prove itself')
  })

  it('opens a channel for a dialer whose bytes come one at a time', async () => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${String(started.listener.port)}/mpirun-ts`)
    const opened = started.nextChannel()
    const { secret, jobKey } = started.secret
    const keys = { keyOf: () => secret, jobKey, session: new Uint8Array(0) }
    let { state } = beginAsDialer('data:5')
    let trickle: Socket | undefined
    webSocket.once('upgrade', (response) => {
      trickle = response.socket
    })
    webSocket.on('message', (message: Buffer) => {
      const result = advanceHandshake(state, message, keys)
      if (result.type === 'reply') state = result.state
      if (result.type === 'welcomed') state = result.state
      if (result.type === 'proven') return
      const next = result.type === 'reply' ? result.frame : START_FRAME
      for (const byte of frame(Buffer.from(next))) trickle?.write(Uint8Array.of(byte))
    })
    await opened
    expect(started.opened[0]?.purpose).to.equal('data:5')
    webSocket.terminate()
  })

  it('takes each dialer by the key of those whom its purpose names', async () => {
    const keys = new JobKeys({ transport: 'plain', fingerprint: '' })
    const keyOf = (text: string): string | undefined => {
      const purpose = parsePurpose(text)
      return purpose?.kind === 'data' && purpose.to !== 2 ? undefined : purpose && keys.keyOf(purpose)
    }
    const node2 = await startTestListener('plain', { keyOf, secret: keys.job })
    /** What comes of a dialer that is node 1 and claims to be `purpose`. */
    const dialAs = async (purpose: string, secret: ChannelSecret): Promise<string> =>
      dialChannel({ addresses: ['127.0.0.1'], port: node2.listener.port, secret, purpose, timeoutMs: 100 }).then(
        (channel) => {
          channel.destroy()
          return 'open'
        },
        (error: unknown) => String(error),
      )
    const control = keys.secretOf({ kind: 'control', from: 1 })
    const data = keys.secretOf({ kind: 'data', from: 1, to: 2 })
    expect(await dialAs('control:1', control)).to.equal('open')
    expect(await dialAs('data:1:2', data)).to.equal('open')
    expect(await dialAs('data:1:3', keys.secretOf({ kind: 'data', from: 1, to: 3 }))).to.contain(
      'another one of this job',
    )
    const claims = ['control:3', 'control:03', 'data:3:2', 'data:0:2', 'control:0'].flatMap((purpose) =>
      [control, data, { ...control, secret: control.jobKey }].map(async (secret) => dialAs(purpose, secret)),
    )
    for (const answer of await Promise.all(claims))
      expect(answer).to.contain('closed the connection before proving itself')
    expect(await dialAs('data:1:2', control)).to.contain('closed the connection before proving itself')
    expect(node2.opened.map(({ purpose }) => purpose)).to.deep.equal(['control:1', 'data:1:2'])
    node2.listener.close()
  })

  it('still serves a dialer while a flood of idle connections comes in', async () => {
    const flood = Array.from({ length: 100 }, () => connect(started.listener.port, '127.0.0.1'))
    for (const socket of flood) socket.on('error', () => undefined)
    await expectDialable(started)
    await lineCount(started, 80)
    expect(started.lines[0]).to.contain('more than 20 connections at once')
    for (const socket of flood) socket.destroy()
  })

  it('close() drops visitors and refuses new ones, and leaves open channels alone', async () => {
    const channel = await expectDialable(started)
    const socket = connect(started.listener.port, '127.0.0.1')
    await once(socket, 'connect')
    const answer = read(socket)
    started.listener.close()
    expect(await answer).to.equal('')
    expect(await failureOf(started.listener.port, started.secret)).to.contain('connection refused')
    const echoed = new Promise((resolve) => {
      channel.onFrame(resolve)
    })
    started.opened[0]?.channel.send(Uint8Array.of(1))
    expect(await echoed).to.deep.equal(Buffer.of(1))
  })
})

describe('listenForChannels() with TLS', () => {
  it('drops plain visitors without an answer, and goes on', async () => {
    const started = await startTestListener('tls')
    const socket = connect(started.listener.port, '127.0.0.1')
    socket.on('error', () => undefined)
    const answer = read(socket)
    socket.write(UPGRADE)
    // The TLS layer itself answers a foreign protocol with an alert of a few bytes.
    expect((await answer).length).to.be.lessThan(10)
    await lineCount(started, 1)
    ;(await expectDialable(started)).destroy()
    started.listener.close()
  })
})

async function expectDialable({ listener, secret, opened }: TestListener): Promise<Channel> {
  const purpose = `data:${String(opened.length)}`
  const channel = await dialChannel({
    addresses: ['127.0.0.1'],
    port: listener.port,
    secret,
    purpose,
    timeoutMs: 20_000,
  })
  while (!opened.some((each) => each.purpose === purpose)) await turn()
  return channel
}

async function failureOf(port: number, secret: ChannelSecret): Promise<string> {
  try {
    await dialChannel({ addresses: ['127.0.0.1'], port, secret, purpose: 'data:0', timeoutMs: 20_000 })
    return 'connected'
  } catch (error) {
    return String(error)
  }
}

async function lineCount({ lines }: TestListener, count: number): Promise<void> {
  while (lines.length < count) await turn()
}

/** Everything that the other side says until the connection ends. */
async function read(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
  })
  await new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve()
    })
  })
  return text
}
