import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { MpirunError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemClock } from '../../src/transport/heartbeat.ts'
import { TLS_OPTIONS } from '../../src/transport/tls-options.ts'
import { dialChannel, type DialOptions } from '../../src/transport/websocket-dialer.ts'
import { listenForChannels } from '../../src/transport/websocket-listener.ts'
import { randomKey, randomSecret } from '../support/channel-secret.ts'
import { startTestListener, webSocketPair } from './websocket-pair.ts'
import { skipHere } from '../support/skip-here.ts'
import { endTogether } from '../support/end-together.ts'

const STRANGE_SECRET = randomSecret('plain')

async function failureOf(options: Partial<DialOptions>): Promise<MpirunError> {
  try {
    await dialChannel({
      addresses: ['127.0.0.1'],
      port: 1,
      secret: STRANGE_SECRET,
      purpose: 'control:1',
      timeoutMs: 20_000,
      ...options,
    })
  } catch (error) {
    if (error instanceof MpirunError) return error
  }
  throw new Error('expected an MpirunError')
}

/** A server that takes connections and never says a word. */
async function silentServer(): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

describe('dialChannel()', () => {
  it('takes the address that answers, and shows the listener one channel', async () => {
    const { listener, secret, opened, nextChannel } = await startTestListener('tls')
    const accepted = nextChannel()
    const addresses = ['127.0.0.2', '::1', '127.0.0.1', '127.0.0.1', '127.0.0.1']
    const dialed = await dialChannel({
      addresses,
      port: listener.port,
      secret,
      purpose: 'control:3',
      timeoutMs: 20_000,
    })
    const channel = await accepted
    channel.send(Uint8Array.of(42))
    const frame = await new Promise((resolve) => {
      dialed.onFrame(resolve)
    })
    expect(frame).to.deep.equal(Buffer.of(42))
    dialed.close()
    await Promise.all([channel.closed, dialed.closed])
    expect(opened.map(({ purpose }) => purpose)).to.deep.equal(['control:3'])
    listener.close()
  })

  it('names every address with its reason when none answers', async () => {
    const error = await failureOf({ addresses: ['127.0.0.1', '::1', '127.0.0.2'] })
    expect(error.code).to.equal('ERR_HANDSHAKE')
    expect(error.exitStatus).to.equal(3)
    expect(error.message).to.match(
      /^Cannot open the channel "control:1": 127\.0\.0\.1:1 \(connection refused\), \[::1\]:1 \(.+\), 127\.0\.0\.2:1 \(connection refused\)$/,
    )
  })

  it('waits longer for a listener that takes connections, for it is busy, and gives it up in the end', async () => {
    const server = await silentServer()
    for (const transport of ['plain', 'tls'] as const) {
      const error = await failureOf({ port: server.port, timeoutMs: 100, secret: { ...STRANGE_SECRET, transport } })
      expect(error.message).to.contain(`127.0.0.1:${String(server.port)} (busy: no answer within 0.6 s)`)
    }
    const own = await failureOf({ port: server.port, timeoutMs: 100, busyTimeoutMs: 150, secret: STRANGE_SECRET })
    expect(own.message).to.contain('(busy: no answer within 0.15 s)')
    server.close()
  })

  it('says after half of the time what it knows', async () => {
    const server = await silentServer()
    const said: string[] = []
    await failureOf({ port: server.port, timeoutMs: 400, onSlow: (message) => void said.push(message) })
    expect(said).to.deep.equal([
      `Cannot open the channel "control:1": 127.0.0.1:${String(server.port)} (busy: no answer within 0.2 s)`,
    ])
    server.close()
  })

  it('is sent away by a listener that is not the one it looks for, at once, and goes on to the next address', async () => {
    const wrong = await startTestListener('plain', { keyOf: () => undefined })
    const began = performance.now()
    const error = await failureOf({ port: wrong.listener.port, secret: wrong.secret, purpose: 'data:1:2' })
    expect(error.message).to.contain(
      `127.0.0.1:${String(wrong.listener.port)} (the listener is another one of this job)`,
    )
    expect(performance.now() - began).to.be.lessThan(10_000)
    expect(wrong.opened).to.deep.equal([])
    expect(wrong.lines[0]).to.contain('looks for another one of this job (\\"data:1:2\\")')
    wrong.listener.close()
  })

  it('finds the right one behind a wrong one of the same port', async () => {
    const { listener, secret, nextChannel, opened } = await startTestListener('plain')
    // The same job, at another address of this machine, as if it were another node.
    const wrong = await listenForChannels({
      addresses: ['127.0.0.2'],
      ports: [{ first: listener.port, last: listener.port }],
      secret,
      keyOf: () => undefined,
      onChannel: () => undefined,
      logger: silentLogger,
    })
    const accepted = nextChannel()
    const addresses = ['127.0.0.2', '127.0.0.1']
    const dialled = await dialChannel({
      addresses,
      port: listener.port,
      secret,
      purpose: 'data:1:0',
      timeoutMs: 20_000,
    })
    await accepted
    expect(opened).to.have.length(1)
    dialled.destroy()
    wrong.close()
    listener.close()
  })

  it('dials again when the listener drops it before the channel is open', async () => {
    const { listener, secret, opened } = await startTestListener('plain')
    let connections = 0
    // Lets the first connection through up to the welcome, and breaks it when `start` comes: half-open for a dialer that did not wait for `ready`.
    const proxy = createServer((near) => {
      connections += 1
      const isFirst = connections === 1
      const far = connect({ port: listener.port, host: '127.0.0.1' })
      let frames = 0
      far.on('data', (bytes: Buffer) => void near.write(bytes))
      near.on('data', (bytes: Buffer) => {
        frames += 1
        // The upgrade, the hello, the start.
        if (isFirst && frames === 3) near.destroy()
        else far.write(bytes)
      })
      endTogether(near, far)
    })
    await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve))
    const address = proxy.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const dialled = await dialChannel({
      addresses: ['127.0.0.1'],
      port,
      secret,
      purpose: 'data:1:0',
      timeoutMs: 20_000,
    })
    expect([connections, opened.length]).to.deep.equal([2, 1])
    dialled.destroy()
    proxy.close()
    listener.close()
  })

  it('gives up when its signal is aborted, also before it began', async () => {
    const server = await silentServer()
    const controller = new AbortController()
    const failure = failureOf({ port: server.port, signal: controller.signal })
    controller.abort()
    expect((await failure).message).to.contain('(given up)')
    expect((await failureOf({ port: server.port, signal: controller.signal })).message).to.contain('(given up)')
    server.close()
  })

  it('refuses a listener with another certificate before a byte of the handshake is sent', async () => {
    const { listener, secret, lines } = await startTestListener('tls')
    const other = {
      ...secret,
      fingerprint: secret.fingerprint.replace(/^../, (first) => (first === '00' ? '01' : '00')),
    }
    const error = await failureOf({ port: listener.port, secret: other })
    expect(error.message).to.contain('another program answered: its certificate is not the one of this job')
    while (lines.length === 0) await turn()
    expect(lines).to.have.length(1)
    expect(lines[0]).to.contain('closed the connection before proving itself')
    listener.close()
  })

  it('fails with another secret, and learns nothing', async () => {
    const { listener, secret, lines, opened } = await startTestListener('plain')
    const strange = { ...secret, jobKey: randomKey() }
    const error = await failureOf({ port: listener.port, secret: strange, timeoutMs: 100 })
    expect(error.message).to.contain('(busy: the listener closed the connection before proving itself)')
    expect(lines[0]).to.contain('does not know the secret')
    expect(opened).to.have.length(0)
    listener.close()
  })

  for (const transport of ['plain', 'tls'] as const) {
    it(`fails with the key of somebody else of the job, and learns nothing (${transport})`, async () => {
      const { listener, secret, lines, opened } = await startTestListener(transport)
      const another = { ...secret, secret: randomKey() }
      const error = await failureOf({ port: listener.port, secret: another, timeoutMs: 100 })
      expect(error.message).to.contain('(busy: the listener closed the connection before proving itself)')
      expect(lines[0]).to.contain('is of this job, but not who it says it is (\\"control:1\\")')
      expect(opened).to.have.length(0)
      listener.close()
    })
  }

  it('fails where another agent, which has the certificate of the job, stands in the middle and passes everything on', async () => {
    const { listener, secret, lines, opened, tls } = await startTestListener('tls')
    let passed = 0
    const middle = createTlsServer({ ...tls, ...TLS_OPTIONS }, (near) => {
      const far = connectTls({ port: listener.port, host: '127.0.0.1', ...TLS_OPTIONS, rejectUnauthorized: false })
      near.on('data', (bytes: Buffer) => void far.write(bytes))
      far.on('data', (bytes: Buffer) => {
        passed += bytes.length
        near.write(bytes)
      })
      endTogether(near, far)
    })
    await new Promise<void>((resolve) => void middle.listen(0, '127.0.0.1', resolve))
    const address = middle.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await failureOf({ port, secret, timeoutMs: 500 })
    expect(passed, 'bytes of the greeting').to.be.greaterThan(0)
    expect(lines[0]).to.contain('does not know the secret')
    expect(opened).to.have.length(0)
    middle.close()
    listener.close()
  })

  it('fails at once without addresses', async () => {
    expect((await failureOf({ addresses: [] })).message).to.contain('no address was given')
  })
})

describe('heartbeat of a channel', () => {
  it('keeps two idle sides together', async () => {
    const [left, right] = await webSocketPair('plain', { intervalMs: 20, deadAfterMs: 1500, clock: systemClock })
    let ended = 0
    for (const side of [left, right])
      void side.closed.then(() => {
        ended += 1
      })
    await delay(2500)
    expect(ended).to.equal(0)
    left.destroy()
    right.destroy()
  })

  it('tells when the other side has gone silent while its system answers, and when it says something again', async function () {
    if (process.platform !== 'linux')
      skipHere(this, 'whether a system acknowledges is read from /proc, which Linux has')
    const { listener, secret, nextChannel } = await startTestListener('plain', {
      heartbeat: { intervalMs: 20, deadAfterMs: 100, clock: systemClock },
    })
    const accepted = nextChannel()
    const dialed = await dialChannel({
      addresses: ['127.0.0.1'],
      port: listener.port,
      secret,
      purpose: 'data:1',
      timeoutMs: 20_000,
    })
    const channel = await accepted
    const told: boolean[] = []
    await new Promise<void>((resolve) => {
      channel.onQuiet?.((isQuiet) => {
        told.push(isQuiet)
        if (isQuiet) dialed.send(new Uint8Array(1))
        else resolve()
      })
      channel.onFrame(() => undefined)
    })
    expect(told).to.deep.equal([true, false])
    dialed.destroy()
    expect((await channel.closed).by).to.equal('lost')
    listener.close()
  })
})
