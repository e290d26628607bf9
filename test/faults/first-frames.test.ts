import { connect, createServer, type Socket } from 'node:net'
import { expect } from 'chai'
import { silentLogger } from '../../src/base/logger.ts'
import { makeJobCertificate } from '../../src/transport/certificate.ts'
import type { Channel, ChannelSecret } from '../../src/transport/channel.ts'
import { dialChannel } from '../../src/transport/websocket-dialer.ts'
import { listenForChannels } from '../../src/transport/websocket-listener.ts'
import { randomSecret } from '../support/channel-secret.ts'
import { endTogether } from '../support/end-together.ts'

const FRAMES = 40
const FRAME_BYTES = 1000
/** What a slow network puts together: everything that came within this time goes on as one piece. */
const COLLECT_MS = 30

for (const transport of ['plain', 'tls'] as const) {
  describe(`the first frames of a channel (${transport})`, () => {
    afterEach(async () => {
      for (const close of closing.splice(0)) await close()
    })

    it('of the listener arrive although they share a packet with its "ready"', async () => {
      const certificate = await makeJobCertificate()
      const fingerprint = transport === 'tls' ? certificate.fingerprint : ''
      const secret = randomSecret(transport, fingerprint)
      const accepted: Channel[] = []
      const speak = (channel: Channel): void => {
        accepted.push(channel)
        for (let i = 0; i < FRAMES; i++) channel.send(new Uint8Array(FRAME_BYTES))
      }
      const dialer = await start(secret, transport === 'tls' ? certificate : undefined, speak, 'listener')
      const frames: number[] = []
      await new Promise<void>((resolve) => {
        dialer.onFrame((frame) => {
          frames.push(frame.length)
          if (frames.length === FRAMES) resolve()
        })
      })
      expect(frames).to.deep.equal(Array.from({ length: FRAMES }, () => FRAME_BYTES))
      expect(accepted).to.have.length(1)
    })

    it('arrive although they share a packet with the end of the handshake', async () => {
      const certificate = await makeJobCertificate()
      const fingerprint = transport === 'tls' ? certificate.fingerprint : ''
      const secret = randomSecret(transport, fingerprint)
      const accepted = new Promise<Channel>((resolve, reject) => {
        void start(secret, transport === 'tls' ? certificate : undefined, resolve).catch(reject)
      })
      const channel = await accepted
      const frames: number[] = []
      const ended = channel.closed
      const all = new Promise<void>((resolve) => {
        channel.onFrame((frame) => {
          frames.push(frame.length)
          // An answer has to get through as well: the listener may break the channel only after it has read the frames.
          if (frames.length === FRAMES) channel.send(new Uint8Array(1))
          if (frames.length === FRAMES + 1) resolve()
        })
      })
      const early = ended.then(({ reason }) => {
        throw new Error(`the channel ended after ${frames.length} frames: ${reason}`)
      })
      await Promise.race([all, early])
      early.catch(() => undefined)
      expect(frames).to.deep.equal([...Array.from({ length: FRAMES }, () => FRAME_BYTES), 1])
      channel.destroy()
      await ended
    })
  })
}

const closing: (() => Promise<void> | void)[] = []

/** A listener, a network that collects what the dialer sends, and a dialer that sends as soon as it may. */
async function start(
  secret: ChannelSecret,
  tls: { key: string; cert: string } | undefined,
  onChannel: (channel: Channel) => void,
  speaker: 'dialer' | 'listener' = 'dialer',
): Promise<Channel> {
  const listener = await listenForChannels({
    keyOf: () => secret.secret,
    secret,
    ...(tls === undefined ? {} : { tls }),
    logger: silentLogger,
    onChannel,
  })
  const proxy = createServer((near) => {
    const far = connect({ port: listener.port, host: '127.0.0.1' })
    if (speaker === 'dialer') collect(near, far)
    else collect(far, near)
  })
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const dialer = await dialChannel({ addresses: ['127.0.0.1'], port, secret, purpose: 'data:1:0', timeoutMs: 20_000 })
  if (speaker === 'dialer') dialer.onFrame((frame) => dialer.send(frame))
  for (let i = 0; speaker === 'dialer' && i < FRAMES; i++) dialer.send(new Uint8Array(FRAME_BYTES))
  closing.push(async () => {
    dialer.destroy()
    await dialer.closed
    listener.close()
    proxy.close()
  })
  return dialer
}

function collect(near: Socket, far: Socket): void {
  const kept: Buffer[] = []
  near.on('data', (bytes: Buffer) => {
    if (kept.push(bytes) === 1) setTimeout(() => void far.write(Buffer.concat(kept.splice(0))), COLLECT_MS)
  })
  far.on('data', (bytes: Buffer) => void near.write(bytes))
  endTogether(near, far)
}
