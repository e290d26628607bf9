import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { deferred } from '../../../src/base/deferred.ts'
import { MpirunError } from '../../../src/base/errors.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { Job, type JobHost } from '../../../src/coordinator/job.ts'
import type { JobRequest } from '../../../src/coordinator/job-request.ts'
import type { JobCause, JobResult, OutputBroken } from '../../../src/coordinator/job-result.ts'
import { type ControlLink, directControlLinks } from '../../../src/transport/control-link.ts'
import type { FromAgent, ToAgent } from '../../../src/wire/control-messages.ts'
import { placementOf } from './placements.ts'

function request(nodes: number, ranksPerNode: number, changes: Partial<JobRequest> = {}): JobRequest {
  return {
    jobId: 'abc',
    placement: placementOf(nodes, ranksPerNode),
    programs: [{ path: '/p.js', args: ['a', 'b c'] }],
    environment: { clean: true, set: { A: '1' } },
    wdirs: ['/work'],
    stdin: 0,
    launchTimeoutMs: 10_000,
    timeoutMs: Number.POSITIVE_INFINITY,
    graceMs: 3000,
    terminal: { stdoutIsTty: false, stderrIsTty: true, columns: 99 },
    syncSend: false,
    findsDeadlocks: false,
    sharesSockets: false,
    pool: false,
    outlives: 'nothing',
    forwardSignals: [],
    nodeFlags: [],
    ...changes,
  }
}

interface FakeAgent {
  readonly got: ToAgent[]
  readonly link: ControlLink<FromAgent, ToAgent>
  /** The coordinator's end. */
  readonly far: ControlLink<ToAgent, FromAgent>
  readonly launcherEnds: (message: string) => void
  connect(): void
  fail(message: string): void
  isKilled: boolean
}

interface Written {
  readonly rank: number
  readonly stream: number
  readonly text: string
  readonly written: () => void
}

/** A job whose agents are the test itself. */
class JobBench {
  readonly agents: FakeAgent[] = []
  readonly output: Written[] = []
  readonly lost: JobCause[] = []
  readonly quiet: string[] = []
  outputBroken: OutputBroken | undefined
  readonly stdinWanted: { rank: number; reply: (bytes: Uint8Array | null) => void }[] = []
  readonly job: Job
  readonly result: Promise<JobResult>

  constructor(jobRequest: JobRequest) {
    const host: JobHost = {
      sealedKey: (higher, lower) => `${higher}:${lower}`,
      connect: () => {
        const [link, far] = directControlLinks<FromAgent, ToAgent>()
        const connected = deferred<ControlLink<ToAgent, FromAgent>>()
        const ended = deferred<string>()
        const agent: FakeAgent = {
          got: [],
          link,
          far,
          launcherEnds: ended.resolve,
          connect: () => connected.resolve(far),
          fail: (message) => connected.reject(new MpirunError('ERR_LAUNCH', message, { exitStatus: 3 })),
          isKilled: false,
        }
        link.onMessage((message) => void agent.got.push(message))
        this.agents.push(agent)
        const kill = (): void => {
          agent.isKilled = true
        }
        return { connected: connected.promise, launcherEnded: ended.promise, kill }
      },
      beforeRanks: () => this.outputBroken,
      onOutput: (rank, stream, bytes, written) =>
        void this.output.push({ rank, stream, text: Buffer.from(bytes).toString(), written }),
      onStdinWanted: (rank, reply) => void this.stdinWanted.push({ rank, reply }),
      onLost: (cause) => void this.lost.push(cause),
      onQuiet: (node, isQuiet) => void this.quiet.push(`${node.name} ${isQuiet}`),
      logger: silentLogger,
    }
    this.job = new Job(jobRequest, host)
    this.result = this.job.run()
  }

  agent(nodeId: number): FakeAgent {
    const agent = this.agents[nodeId]
    if (agent === undefined) throw new RangeError(`no agent ${nodeId}`)
    return agent
  }

  hello(nodeId: number): void {
    this.agent(nodeId).connect()
    this.say(nodeId, {
      type: 'hello',
      nodeId,
      hostname: `host${nodeId}`,
      pid: 100 + nodeId,
      nodeVersion: '20',
      protocolVersion: 1,
      addresses: [`10.0.0.${nodeId}`],
      port: 5000 + nodeId,
    })
  }

  say(nodeId: number, message: FromAgent): void {
    this.agent(nodeId).link.send(message)
  }

  /** All agents are up; forgets what they got for their start. */
  async start(): Promise<void> {
    for (const nodeId of this.agents.keys()) this.hello(nodeId)
    await turn()
    for (const { got } of this.agents) got.length = 0
  }

  got(nodeId: number, type?: ToAgent['type']): readonly ToAgent[] {
    return this.agent(nodeId).got.filter((message) => type === undefined || message.type === type)
  }

  /** All agents say goodbye. */
  end(): Promise<JobResult> {
    for (const nodeId of this.agents.keys()) this.say(nodeId, { type: 'bye' })
    return this.result
  }
}

describe('Job', () => {
  it('does not wait for an agent that has called back and never says hello', async () => {
    const bench = new JobBench(request(2, 1, { launchTimeoutMs: 50 }))
    bench.hello(0)
    bench.agent(1).connect()
    bench.agent(0).link.onMessage((message) => {
      if (message.type === 'end') bench.say(0, { type: 'bye' })
    })
    const { status, cause } = await bench.result
    const messages = cause?.type === 'launch' ? cause.messages : []
    expect([status, messages.length]).to.deep.equal([3, 1])
    expect(messages[0]?.message).to.match(
      /agent on node "node1": it has called back, but said nothing more within 0.05 s\. .*--launch-timeout/,
    )
    expect(bench.agent(1).isKilled).to.equal(true)
  })

  it('says which node cannot reach which, and is not mistaken for the loss of a node', async () => {
    const bench = new JobBench(request(3, 1))
    await bench.start()
    bench.say(2, {
      type: 'agentFailure',
      message: '10.0.0.1:5001 (no answer)',
      exitStatus: 3,
      peer: 1,
      isUnreached: true,
    })
    const { status, cause } = await bench.end()
    expect(status).to.equal(3)
    expect(cause).to.deep.equal({
      type: 'unreachable',
      node: 'node2',
      peer: 'node1',
      tried: '10.0.0.1:5001 (no answer)',
    })
  })

  it('tells each agent what it needs when all have said hello, and nothing before', async () => {
    const bench = new JobBench(request(3, 2))
    bench.hello(2)
    bench.hello(0)
    await turn()
    expect(bench.agents.flatMap(({ got }) => got)).to.deep.equal([])
    bench.hello(1)
    await turn()
    const [start] = bench.got(1, 'start')
    expect(start).to.deep.include({
      type: 'start',
      jobId: 'abc',
      nodeCount: 3,
      size: 6,
      nodeOfRank: [0, 0, 1, 1, 2, 2],
      programs: [{ path: '/p.js', args: ['a', 'b c'] }],
      appSizes: [6],
      environment: { clean: true, set: { A: '1' } },
      wdirs: ['/work'],
      terminal: { stdoutIsTty: false, stderrIsTty: true, columns: 99 },
    })
    for (const nodeId of [0, 1, 2]) expect(bench.got(nodeId).map(({ type }) => type)).to.deep.equal(['start'])
    await bench.end()
  })

  it('gives all agents the same time as the start of the job', async () => {
    const bench = new JobBench(request(2, 1))
    for (const nodeId of [0, 1]) bench.hello(nodeId)
    await turn()
    const [one, other] = bench.agents.map(({ got }) => got[0])
    expect(one?.type === 'start' && other?.type === 'start' && one.epochMs === other.epochMs).to.equal(true)
    await bench.end()
  })

  it('tells all of a rank that has finished, and which hear of it by a data channel', async () => {
    const bench = new JobBench(request(4, 1))
    await bench.start()
    bench.say(1, { type: 'rankExit', rank: 1, status: 0, toldNodes: [3] })
    await turn()
    for (const { got } of bench.agents)
      expect(got).to.deep.equal([{ type: 'rankFinished', rank: 1, exceptNodes: [1, 3] }])
    await bench.end()
  })

  it('does not tell of a rank that failed, but ends all agents', async () => {
    const bench = new JobBench(request(2, 1))
    await bench.start()
    bench.say(0, { type: 'rankExit', rank: 0, status: 4, toldNodes: [] })
    await turn()
    for (const nodeId of [0, 1]) expect(bench.got(nodeId)).to.deep.equal([{ type: 'end' }])
    const { status, cause } = await bench.end()
    expect([status, cause]).to.deep.equal([4, { type: 'rank', rank: 0, node: 'node0', status: 4 }])
  })

  for (const [asks, other] of [
    [0, 2],
    [2, 0],
  ] as const) {
    it(`tells the node of the higher id where to dial when node ${asks} asks for a channel to ${other}`, async () => {
      const bench = new JobBench(request(3, 1))
      await bench.start()
      bench.say(asks, { type: 'askDial', nodeId: other })
      await turn()
      const dial = { type: 'dial', nodeId: 0, addresses: ['10.0.0.0'], port: 5000, key: '2:0' }
      expect([0, 1, 2].map((nodeId) => bench.got(nodeId))).to.deep.equal([[], [], [dial]])
      await bench.end()
    })
  }

  it('passes askRelay on with the node that waits', async () => {
    const bench = new JobBench(request(3, 1))
    await bench.start()
    bench.say(2, { type: 'askRelay', nodeId: 1 })
    await turn()
    expect([0, 1, 2].map((nodeId) => bench.got(nodeId))).to.deep.equal([[], [{ type: 'relay', nodeId: 2 }], []])
    await bench.end()
  })

  it('lets a rank go on writing when its output has been written, not before', async () => {
    const bench = new JobBench(request(2, 1))
    await bench.start()
    bench.say(1, { type: 'output', rank: 1, stream: 2, bytes: Buffer.from('hello') })
    await turn()
    expect(bench.output.map(({ rank, stream, text }) => [rank, stream, text])).to.deep.equal([[1, 2, 'hello']])
    expect(bench.got(1)).to.deep.equal([])
    bench.output[0]?.written()
    await turn()
    expect(bench.got(1)).to.deep.equal([{ type: 'outputDone', rank: 1, bytes: 5 }])
    expect(bench.got(0)).to.deep.equal([])
    await bench.end()
  })

  it('answers a rank that reads with what the host has, and with its end', async () => {
    const bench = new JobBench(request(2, 1))
    await bench.start()
    bench.say(1, { type: 'stdinWanted', rank: 1 })
    await turn()
    expect(bench.got(1)).to.deep.equal([])
    const bytes = Buffer.from('line')
    bench.stdinWanted[0]?.reply(bytes)
    bench.stdinWanted[0]?.reply(null)
    await turn()
    expect(bench.got(1)).to.deep.equal([
      { type: 'stdin', rank: 1, bytes },
      { type: 'stdin', rank: 1, bytes: null },
    ])
    await bench.end()
  })

  it('passes a signal to all agents, with the grace time where it ends the job', async () => {
    const bench = new JobBench(request(2, 1, { graceMs: 1234 }))
    await bench.start()
    bench.job.signal('SIGUSR1')
    bench.job.signal('SIGTERM')
    await turn()
    for (const nodeId of [0, 1]) {
      expect(bench.got(nodeId)).to.deep.equal([
        { type: 'signal', signal: 'SIGUSR1' },
        { type: 'signal', signal: 'SIGTERM', endAfterMs: 1234 },
      ])
    }
    expect((await bench.end()).status).to.equal(143)
  })

  it('ends with the messages of all nodes that could not be started', async () => {
    const bench = new JobBench(request(2, 1))
    bench.agent(0).fail('node0: no route')
    bench.agent(1).fail('node1: refused')
    const { status, cause } = await bench.result
    expect([status, cause?.type === 'launch' && cause.messages]).to.deep.equal([
      3,
      [
        { node: 'node0', message: 'node0: no route' },
        { node: 'node1', message: 'node1: refused' },
      ],
    ])
  })

  it('says why a node could not be started although its launcher has ended, too', async () => {
    const bench = new JobBench(request(2, 1))
    bench.agent(1).launcherEnds('ssh to node "node1" ended with status 255')
    bench.agent(1).fail('node1: no route')
    bench.agent(0).fail('node0: no route')
    const { cause } = await bench.result
    expect(cause?.type).to.equal('launch')
  })

  it('takes the end of a launcher as the loss of a node that was up', async () => {
    const bench = new JobBench(request(2, 2))
    await bench.start()
    bench.agent(1).launcherEnds('ssh ended')
    bench.say(0, { type: 'bye' })
    const { status, cause } = await bench.result
    expect([status, cause?.type === 'nodeLost' && [cause.node, cause.ranks]]).to.deep.equal([3, ['node1', [2, 3]]])
  })

  it('takes a closed channel as the loss of a node', async () => {
    const bench = new JobBench(request(2, 1))
    await bench.start()
    bench.agent(0).link.destroy()
    await turn()
    bench.say(1, { type: 'bye' })
    expect((await bench.result).cause?.type).to.equal('nodeLost')
  })

  it('goes on without a lost node where it may: its agent ends, the others and the user are told', async () => {
    const bench = new JobBench(request(3, 1, { outlives: 'nodes' }))
    await bench.start()
    bench.say(0, { type: 'agentFailure', message: 'channel broke', exitStatus: 3, peer: 1 })
    await turn()
    expect(bench.agent(1).isKilled).to.equal(true)
    expect([bench.got(0), bench.got(2)]).to.deep.equal([
      [{ type: 'nodeLost', nodeId: 1 }],
      [{ type: 'nodeLost', nodeId: 1 }],
    ])
    expect(bench.lost.map((cause) => cause.type === 'nodeLost' && cause.node)).to.deep.equal(['node1'])
    for (const rank of [0, 2]) bench.say(rank, { type: 'rankExit', rank, status: 0, toldNodes: [] })
    await turn()
    for (const rank of [0, 2]) bench.say(rank, { type: 'bye' })
    expect(await bench.result).to.deep.equal({ status: 0 })
  })

  it('ends after the timeout', async () => {
    const bench = new JobBench(request(1, 1, { timeoutMs: 5 }))
    await bench.start()
    while (bench.got(0, 'end').length === 0) await turn()
    const { status, cause } = await bench.end()
    expect([status, cause]).to.deep.equal([124, { type: 'timeout', seconds: 0.005 }])
  })

  it('ends with the abort of a rank', async () => {
    const bench = new JobBench(request(2, 1))
    await bench.start()
    bench.say(1, { type: 'abort', rank: 1, status: 300 })
    await turn()
    expect(bench.got(0)).to.deep.equal([{ type: 'end' }])
    expect((await bench.end()).status).to.equal(44)
  })

  it('closes all channels and kills what starts agents when it is over', async () => {
    const bench = new JobBench(request(2, 1))
    await bench.start()
    for (const rank of [0, 1]) bench.say(rank, { type: 'rankExit', rank, status: 0, toldNodes: [] })
    await turn()
    expect(await bench.end()).to.deep.equal({ status: 0 })
    for (const { far, isKilled } of bench.agents) {
      expect(isKilled).to.equal(true)
      expect((await far.closed).by).to.equal('local')
    }
  })

  it('starts no rank where an output cannot be opened when all agents are up', async () => {
    const bench = new JobBench(request(2, 1))
    bench.outputBroken = { type: 'output', message: 'full', status: 2 }
    for (const nodeId of [0, 1]) bench.hello(nodeId)
    await turn()
    for (const { got } of bench.agents) expect(got.map(({ type }) => type)).to.deep.equal(['end'])
    expect(await bench.end()).to.deep.equal({ status: 2, cause: bench.outputBroken })
  })

  it('knows the process of each rank', async () => {
    const bench = new JobBench(request(2, 2))
    expect(bench.job.pidOf(3)).to.equal(0)
    await bench.start()
    expect([0, 3].map((rank) => bench.job.pidOf(rank))).to.deep.equal([100, 101])
    expect(bench.job.pidOf(9)).to.equal(0)
    await bench.end()
  })
})
