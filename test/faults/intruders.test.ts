import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import { encodeHandshakeFrame } from '../../src/transport/handshake-frames.ts'
import { PROTOCOL_VERSION } from '../../src/wire/version.ts'
import { eventually } from '../support/processes.ts'
import { isAlive, listeningPorts, useSshJobs } from '../multi-node/ssh-jobs.ts'
import { endAll, type LingeringJob, startLingering } from './running-job.ts'

const CHANNEL_PATH = '/mpirun-ts'
/** Connections at once to each port that say nothing. */
const FLOOD = 300

/** Connects, does something rude, and resolves with the number of bytes that came back when the connection is over. */
type Visit = (port: number) => Promise<number>

const VISITS: readonly { name: string; visit: Visit }[] = [
  { name: 'a port scan', visit: (port) => talk(port, (socket) => socket.end()) },
  { name: 'a port scan that resets', visit: (port) => talk(port, (socket) => socket.resetAndDestroy()) },
  { name: 'random bytes', visit: (port) => talk(port, (socket) => socket.write(randomBytes(100_000))) },
  {
    name: 'an HTTP request',
    visit: (port) => talk(port, (socket) => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')),
  },
  { name: 'one byte, then silence', visit: (port) => talk(port, (socket) => socket.write('G')) },
  { name: 'an HTTP request over TLS', visit: (port) => talkTls(port, 'GET /mpirun-ts HTTP/1.1\r\nHost: a\r\n\r\n') },
  { name: 'random bytes over TLS', visit: (port) => talkTls(port, randomBytes(100_000)) },
  { name: 'a hello without the secret', visit: (port) => hello(port, 'control:1') },
  { name: 'a hello of another node', visit: (port) => hello(port, 'data:1:0') },
  { name: 'a hello of a node that does not exist', visit: (port) => hello(port, 'control:99') },
]

for (const transport of ['tls', 'plain']) {
  describe(`strangers at the ports of a running job (${transport})`, function () {
    this.timeout(120_000)
    const jobs = useSshJobs(['works', 'works'])
    let job: LingeringJob
    let ports: number[]
    let folder: string

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-log-'))
      const log = ['--log-level', 'debug', '--log-file', join(folder, 'log')]
      const options = [...log, '--transport', transport, '--host', 'n1,n2,localhost']
      job = await startLingering(jobs(), options, 3, ['pingpong', '12'])
      ports = job.processes.filter(isAlive).flatMap(listeningPorts)
    })
    after(async () => {
      await endAll(job)
      rmSync(folder, { recursive: true, force: true })
    })

    const dropped = (): number =>
      readFileSync(join(folder, 'log'), 'utf8').split('dropped a connection that did not prove itself').length - 1

    it('find one port for each agent and the coordinator', () => expect(new Set(ports).size).to.equal(3))

    it('learn nothing and are shown out: all at once, on every port', async () => {
      const droppedBefore = dropped()
      const visits = ports.flatMap((port) =>
        VISITS.map(async ({ name, visit }) => ({ name, bytes: await visit(port) })),
      )
      const flood = ports.map(async (port) => ({ name: 'a flood', bytes: await floodPort(port) }))
      for (const { name, bytes } of await Promise.all([...visits, ...flood])) expect(bytes, name).to.equal(0)
      // One debug line for each; a hello is two connections, one that is reset at once may never be seen.
      const seen = (): number => dropped() - droppedBefore
      // The log is written behind the job.
      await eventually(() => seen() >= FLOOD + VISITS.length, 30_000)
      expect(seen()).to.be.within(FLOOD + VISITS.length, FLOOD + VISITS.length + 3)
    })

    it('do not disturb the job', async () => {
      const run = await job.result
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(await eventually(() => jobs().allProcesses().length === 0, 30_000)).to.equal(true)
    })
  })
}

/** Bytes of application data that the other side sent until it ended the connection. */
function received(socket: Socket): Promise<number> {
  return new Promise((resolve) => {
    let bytes = 0
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(bytes))
  })
}

function talk(port: number, say: (socket: Socket) => unknown): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('connect', () => void say(socket))
  // A TLS listener answers a record that is none with an alert of 7 bytes.
  return received(socket).then((bytes) => (bytes === 7 ? 0 : bytes))
}

function talkTls(port: number, bytes: string | Buffer): Promise<number> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  socket.on('secureConnect', () => void socket.write(bytes))
  return received(socket)
}

function floodPort(port: number): Promise<number> {
  const visits = Array.from({ length: FLOOD }, () => talk(port, () => undefined))
  return Promise.all(visits).then((all) => all.reduce((sum, bytes) => sum + bytes, 0))
}

/** Everything right but the proof; gives the bytes of frames after the greeting. */
async function hello(port: number, purpose: string): Promise<number> {
  const answers = await Promise.all(['ws', 'wss'].map((scheme) => helloOver(`${scheme}://127.0.0.1:${port}`, purpose)))
  return answers.reduce((sum, bytes) => sum + bytes, 0)
}

function helloOver(url: string, purpose: string): Promise<number> {
  return new Promise((resolve) => {
    const webSocket = new WebSocket(url + CHANNEL_PATH, { rejectUnauthorized: false })
    let greetings = 0
    let bytes = 0
    webSocket.on('error', () => undefined)
    webSocket.on('message', (message: Buffer) => {
      if (greetings++ === 0) {
        const [nonce, proof] = [randomBytes(32), randomBytes(32)]
        webSocket.send(
          encodeHandshakeFrame({
            kind: 'hello',
            version: PROTOCOL_VERSION,
            nonce,
            proof,
            jobProof: randomBytes(32),
            purpose,
          }),
        )
      } else bytes += message.length
    })
    webSocket.on('close', () => resolve(bytes))
  })
}
