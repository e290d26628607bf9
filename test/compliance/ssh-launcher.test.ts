import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { expect } from 'chai'
import { buildSync } from 'esbuild'
import { MpirunError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/logger.ts'
import type { LaunchedAgent } from '../../src/launch/launcher.ts'
import { AgentScripts } from '../../src/launch/agent-scripts.ts'
import { ProgramLauncher } from '../../src/launch/program-launcher.ts'
import type { ProgramLauncherOptions } from '../../src/launch/program-launcher-options.ts'
import { makeJobCertificate } from '../../src/transport/certificate.ts'
import type { Channel } from '../../src/transport/channel.ts'
import { JobKeys } from '../../src/transport/job-keys.ts'
import { parsePurpose } from '../../src/transport/purpose.ts'
import { type ChannelListener, listenForChannels } from '../../src/transport/websocket-listener.ts'
import { type HostKind, type SshHosts, startSshHosts, whyNoSshd } from '../support/sshd.ts'
import { skipHere } from '../support/skip-here.ts'

/** An agent that dials back, echoes frames, and ends with its channel; the first frame says what a thief could see of the secret. */
const ECHO_AGENT = `
import { dialChannel } from './transport/websocket-dialer.js'
import { readFileSync } from 'node:fs'
const config = globalThis.__mpirunTsAgentConfig
delete globalThis.__mpirunTsAgentConfig
console.log('text on stdout')
try {
  const channel = await dialChannel({ ...config, purpose: 'control:' + config.nodeId, timeoutMs: 20_000 })
  const visible = readFileSync('/proc/self/cmdline', 'latin1') + readFileSync('/proc/self/environ', 'latin1')
  channel.send(Buffer.from(JSON.stringify({ nodeName: config.nodeName, leaks: visible.includes(config.secret.secret) })))
  channel.onFrame((frame) => channel.send(frame))
  channel.closed.then(() => process.exit(0))
} catch (error) {
  process.stderr.write(error.message + '\\n')
  process.exit(1)
}
`

const KINDS: readonly HostKind[] = [
  'works',
  'works',
  'banner',
  'wrongKey',
  'unknownHostKey',
  'noNode',
  'oldNode',
  'exits',
  'refuses',
]

/** Hosts that do not work, and what their users are told. */
const BROKEN: readonly [kind: HostKind, message: RegExp][] = [
  ['wrongKey', /Permission denied \(publickey\)\."\. Set up a key/],
  ['unknownHostKey', /Host key verification failed\."\. Log in once by hand/],
  ['noNode', /not found"\. Install Node there, or name it with --node PATH/],
  ['oldNode', /node 12\.22\.0 at .* is too old\. mpirun-ts needs Node 20\.19/],
  ['exits', /ssh ended with status 3 before the agent had called back/],
  ['refuses', /Connection refused"\. Check that an ssh server runs there/],
]

interface StartOptions extends Partial<Pick<ProgramLauncherOptions, 'launchTimeoutMs' | 'maxStarting' | 'logger'>> {
  /** The text that runs on the node. */
  readonly agent?: string
  readonly program?: string
  readonly args?: readonly string[]
  readonly nodePath?: string
}

function bundleEchoAgent(): string {
  const resolveDir = dirname(fileURLToPath(import.meta.resolve('../../src/base/errors.js'))).replace(/base$/, '')
  const contents = `(async () => {${ECHO_AGENT.replace(/^import (.*) from (.*)$/gm, 'const $1 = await import($2)')}})()`
  const built = buildSync({
    stdin: { contents, resolveDir },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  })
  return built.outputFiles[0]?.text ?? ''
}

describe('ProgramLauncher with real sshd', function () {
  this.timeout(120_000)
  let ssh: SshHosts
  let bundle: string
  let listener: ChannelListener
  let launcher: ProgramLauncher

  before(async function () {
    const reason = whyNoSshd()
    if (reason !== undefined) skipHere(this, reason)
    ssh = await startSshHosts(KINDS)
    bundle = bundleEchoAgent()
  })

  after(async () => {
    await ssh?.stop()
  })

  async function start(options: StartOptions = {}, reachable = true): Promise<void> {
    const { key, cert, fingerprint } = await makeJobCertificate()
    const keys = new JobKeys({ transport: 'tls', fingerprint })
    listener = await listenForChannels({
      keyOf: (text) => {
        const purpose = parsePurpose(text)
        return purpose === undefined ? undefined : keys.keyOf(purpose)
      },
      secret: keys.job,
      tls: { key, cert },
      logger: silentLogger,
      onChannel: (channel, purpose) => {
        if (!launcher.accept(channel, Number(purpose.replace('control:', '')))) channel.destroy()
      },
    })
    const { agent = bundle, program = 'ssh', args = ssh.launcherArgs, nodePath = 'node', ...rest } = options
    const launchTimeoutMs = options.launchTimeoutMs ?? 10_000
    const scripts = new AgentScripts({
      access: Promise.resolve({
        endpoint: { addresses: ['127.0.0.1'], port: reachable ? listener.port : 1 },
        keys,
        tls: { key, cert },
      }),
      nodeCount: KINDS.length + 1,
      agentBundle: () => brotliCompressSync(agent),
      launchTimeoutMs,
    })
    launcher = new ProgramLauncher({
      means: { type: 'ssh', program, args, isChosen: program !== 'ssh' },
      scripts,
      node: { path: nodePath, flags: [] },
      launchTimeoutMs,
      logger: silentLogger,
      ...rest,
    })
  }

  afterEach(async () => {
    listener?.close()
    await launcher?.[Symbol.asyncDispose]()
  })

  function launch(index: number): LaunchedAgent {
    return launcher.launch({ nodeId: index + 1, name: ssh.hosts[index] ?? '' })
  }

  it('starts agents on several hosts, whose secret is in no argument and no environment variable', async () => {
    await start()
    const agents = [launch(0), launch(1)]
    const channels = await Promise.all(agents.map((agent) => agent.connected))
    const hellos = await Promise.all(channels.map((channel) => nextFrame(channel)))
    expect(hellos.map((hello) => JSON.parse(hello) as unknown)).to.deep.equal([
      { nodeName: 'n1', leaks: false },
      { nodeName: 'n2', leaks: false },
    ])
    for (const channel of channels) channel.close()
    expect(await agents[0]?.launcherEnded).to.equal('ssh to node "n1" ended with status 0')
  })

  it('starts no more than maxStarting at a time, and all in the end', async () => {
    await start({ maxStarting: 1 })
    const channels = await Promise.all([launch(0), launch(1), launch(2)].map((agent) => agent.connected))
    expect(channels).to.have.length(3)
    for (const channel of channels) channel.close()
  })

  it('is not disturbed by a login shell that prints', async () => {
    await start()
    const channel = await launch(KINDS.indexOf('banner')).connected
    expect(JSON.parse(await nextFrame(channel))).to.deep.equal({ nodeName: 'n3', leaks: false })
    channel.close()
  })

  for (const [kind, message] of BROKEN) {
    it(`explains a host of the kind ${kind}`, async () => {
      await start()
      const error = await failureOf(launch(KINDS.indexOf(kind)))
      expect(error.message).to.match(message)
      expect(error.message).to.contain(`on node "n${String(KINDS.indexOf(kind) + 1)}"`)
      expect(error.exitStatus).to.equal(3)
    })
  }

  it('explains an agent that cannot call back', async () => {
    await start({}, false)
    expect((await failureOf(launch(0))).message).to.match(
      /it runs there, but cannot reach this machine: 127\.0\.0\.1:1 \(connection refused\)\. .*--interface/,
    )
  })

  it('explains a Node path that does not exist', async () => {
    await start({ nodePath: '/opt/no such/node' })
    expect((await failureOf(launch(0))).message).to.contain('name it with --node PATH')
  })

  it('explains a missing ssh', async () => {
    const { PATH } = process.env
    process.env['PATH'] = '/dev/null'
    try {
      await start({}, true)
      const { message } = await failureOf(launch(0))
      expect(message).to.contain('there is no program "ssh" on this machine').and.contain('openssh-client')
    } finally {
      process.env['PATH'] = PATH
    }
  })

  it('explains a missing program of --launcher', async () => {
    await start({ program: '/no/such/ssh' })
    expect((await failureOf(launch(0))).message).to.contain('no program "/no/such/ssh" on this machine. Check the path')
  })

  it('gives up after launchTimeoutMs', async () => {
    await start({ launchTimeoutMs: 300, agent: 'setTimeout(() => {}, 3000)' })
    const agent = launch(0)
    expect((await failureOf(agent)).message).to.contain('no answer within 0.3 s')
    expect(await agent.launcherEnded).to.contain('ended')
  })

  it('logs in again where sshd drops logins because there are too many at once', async () => {
    const busy = await startSshHosts(['works'], { maxStartups: '3:100:3' })
    try {
      const dropped: unknown[] = []
      const logger = {
        ...silentLogger,
        debug: (_: unknown, message: string) => message.includes('dropped') && dropped.push(message),
      }
      await start({ args: busy.launcherArgs, launchTimeoutMs: 90_000, logger })
      const agents = Array.from({ length: 24 }, (_, nodeId) => launcher.launch({ nodeId, name: busy.hosts[0] ?? '' }))
      const channels = await Promise.all(agents.map((agent) => agent.connected))
      expect(channels).to.have.length(24)
      expect(dropped).to.not.deep.equal([])
      for (const channel of channels) channel.close()
      await Promise.all(agents.map((agent) => agent.launcherEnded))
    } finally {
      await busy.stop()
    }
  })

  it('gives up logins that are dropped when the time is over, and says why', async () => {
    await start({ args: ['-o', 'ProxyCommand=true'], launchTimeoutMs: 1500 })
    const agent = launcher.launch({ nodeId: 1, name: 'n1' })
    expect((await failureOf(agent)).message).to.match(/MaxStartups.*--launch-timeout.*--launch-concurrency/)
    expect(await agent.launcherEnded).to.be.a('string')
  })

  it('ends what is starting and what waits when it is disposed', async () => {
    await start({ maxStarting: 1, agent: 'setTimeout(() => {}, 3000)' })
    const agents = [launch(0), launch(1)]
    const failures = Promise.all(agents.map((agent) => failureOf(agent)))
    await launcher[Symbol.asyncDispose]()
    expect((await failures)[1]?.message).to.contain('the job ended before')
    for (const agent of agents) expect(await agent.launcherEnded).to.match(/ended|never started/)
  })

  it('does not take a channel of an agent that nobody awaits', async () => {
    await start()
    const agent = launch(0)
    const channel = await agent.connected
    expect([launcher.accept(channel, 1), launcher.accept(channel, 77)]).to.deep.equal([false, false])
    channel.close()
  })
})

async function nextFrame(channel: Channel): Promise<string> {
  return await new Promise((resolve) => {
    channel.onFrame((frame) => {
      resolve(Buffer.from(frame).toString())
    })
  })
}

async function failureOf(agent: LaunchedAgent): Promise<MpirunError> {
  try {
    await agent.connected
  } catch (error) {
    if (error instanceof MpirunError) return error
  }
  throw new Error('expected an MpirunError')
}
