import { randomBytes } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { MpirunError } from '../../src/base/errors.ts'
import { systemClock } from '../../src/transport/heartbeat.ts'
import { dialChannel, type DialOptions } from '../../src/transport/websocket-dialer.ts'
import { startTestListener, webSocketPair } from './websocket-pair.ts'

const STRANGE_SECRET = { secret: randomBytes(32).toString('hex'), transport: 'plain', fingerprint: '' } as const

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

  it('gives up a listener that never answers after timeoutMs', async () => {
    const server = await silentServer()
    for (const transport of ['plain', 'tls'] as const) {
      const error = await failureOf({ port: server.port, timeoutMs: 200, secret: { ...STRANGE_SECRET, transport } })
      expect(error.message).to.contain(`127.0.0.1:${String(server.port)} (no answer within 0.2 s)`)
    }
    server.close()
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
    const error = await failureOf({ port: listener.port, secret: { ...secret, secret: STRANGE_SECRET.secret } })
    expect(error.message).to.contain('(the listener closed the connection before proving itself)')
    expect(lines[0]).to.contain('does not know the secret')
    expect(opened).to.have.length(0)
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
    if (process.platform !== 'linux') this.skip()
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
