import { expect } from 'chai'
import type { JobCommand, JobEvent } from '../../../src/coordinator/state/job-events.ts'
import { type JobCause, type JobResult, statusOf } from '../../../src/coordinator/job-result.ts'
import { initialState, type JobState, type Phase } from '../../../src/coordinator/state/job-state.ts'
import { step } from '../../../src/coordinator/state/job-step.ts'
import { randomNumbers, testSeed } from '../../support/random.ts'
import { placementOf } from './placements.ts'

const GRACE_MS = 3000

/** A job that is fed with events; keeps the commands of the last one. */
class Play {
  state: JobState
  commands: readonly JobCommand[] = []
  readonly finishes: JobResult[] = []

  constructor(nodes: number, ranksPerNode: number) {
    this.state = initialState(placementOf(nodes, ranksPerNode), GRACE_MS)
  }

  feed(...events: readonly JobEvent[]): this {
    for (const event of events) {
      ;[this.state, this.commands] = step(this.state, event)
      for (const command of this.commands) if (command.type === 'finish') this.finishes.push(command.result)
    }
    return this
  }

  get phase(): Phase {
    return this.state.phase
  }

  get commandTypes(): string[] {
    return this.commands.map(({ type }) => type)
  }

  /** All agents up: ranks run. */
  running(): this {
    return this.feed(...this.state.placement.nodes.map(({ id }) => up(id)))
  }

  /** Every agent says goodbye; the result of the job. */
  result(): JobResult | undefined {
    this.feed(...this.state.placement.nodes.map(({ id }) => gone(id, 'the agent has ended')))
    return this.finishes[0]
  }
}

const up = (nodeId: number): JobEvent => ({ type: 'agentUp', nodeId })
const gone = (nodeId: number, message = 'channel closed'): JobEvent => ({ type: 'agentGone', nodeId, message })
const exit = (rank: number, status = 0): JobEvent => ({ type: 'rankExit', rank, status })
const missing = (nodeId: number) => ({ node: `node${nodeId}`, message: `no node ${nodeId}` })
const launchFailed = (nodeId: number): JobEvent => ({ type: 'launchFailed', nodeId, message: `no node ${nodeId}` })
const signal = (name: string): JobEvent => ({ type: 'signal', signal: name })

describe('step()', () => {
  it('starts the ranks when the last agent is up, once', () => {
    const play = new Play(3, 1).feed(up(2), up(0))
    expect([play.phase, play.commands]).to.deep.equal(['launching', []])
    play.feed(up(1))
    expect([play.phase, play.commandTypes]).to.deep.equal(['running', ['startRanks']])
    expect(play.feed(up(1)).commands).to.deep.equal([])
  })

  it('ends the agents when the last rank is over, and finishes with 0 when they are gone', () => {
    const play = new Play(2, 2).running().feed(exit(3), exit(0), exit(2))
    expect([play.phase, play.commands]).to.deep.equal(['running', []])
    play.feed(exit(1))
    expect([play.phase, play.commandTypes]).to.deep.equal(['ending', ['endAgents', 'armDeadline']])
    play.feed(gone(0))
    expect(play.finishes).to.deep.equal([])
    play.feed(gone(1))
    expect([play.phase, play.finishes]).to.deep.equal(['over', [{ status: 0 }]])
  })

  it('finishes at the deadline when an agent does not go', () => {
    const play = new Play(2, 1).running().feed(exit(0), exit(1), gone(1), { type: 'deadline' })
    expect([play.phase, play.finishes]).to.deep.equal(['over', [{ status: 0 }]])
  })

  it('ends all agents when a rank fails, with that rank as the cause', () => {
    const failure = { kind: 'error' as const, message: 'Error: x' }
    const play = new Play(2, 2).running().feed({ ...exit(2, 7), failure } as JobEvent)
    expect(play.commands).to.deep.equal([{ type: 'endAgents' }, { type: 'armDeadline', ms: 2000 }])
    const cause = { type: 'rank', rank: 2, node: 'node1', status: 7, failure }
    expect(play.result()).to.deep.equal({ status: 7, cause })
  })

  const causes: readonly { event: JobEvent; status: number; cause: Partial<JobCause> }[] = [
    { event: exit(1, 5), status: 5, cause: { type: 'rank', rank: 1, node: 'node0' } },
    { event: { type: 'abort', rank: 3, status: 9 }, status: 9, cause: { type: 'abort', rank: 3, node: 'node1' } },
    { event: gone(1), status: 3, cause: { type: 'nodeLost', node: 'node1', ranks: [2, 3], message: 'channel closed' } },
    { event: { type: 'timeout', seconds: 8 }, status: 124, cause: { type: 'timeout', seconds: 8 } },
    { event: signal('SIGINT'), status: 130, cause: { type: 'signal', signal: 'SIGINT' } },
    {
      event: { type: 'agentFailure', nodeId: 1, message: 'no such program', exitStatus: 127 },
      status: 127,
      cause: { type: 'agent', nodes: ['node1'] },
    },
    { event: { type: 'outputBroken', message: 'EPIPE', status: 141 }, status: 141, cause: { type: 'output' } },
  ]
  for (const { event, status, cause } of causes) {
    it(`takes ${event.type} as the cause with status ${status}, and nothing that comes later`, () => {
      const play = new Play(2, 2).running().feed(event)
      expect(play.phase).to.equal('ending')
      for (const other of causes) if (other.event.type !== 'signal') play.feed(other.event)
      play.feed(exit(0), exit(2, 1), launchFailed(0))
      const result = play.result()
      expect(result?.status).to.equal(status)
      expect(result?.cause).to.deep.include(cause)
      expect(play.finishes.length).to.equal(1)
    })
  }

  it('names all nodes that cannot start for the same reason', () => {
    const play = new Play(4, 1).running()
    const fail = (nodeId: number, message: string): JobEvent => ({
      type: 'agentFailure',
      nodeId,
      message,
      exitStatus: 127,
    })
    play.feed(
      fail(1, 'no such program'),
      fail(3, 'no such program'),
      fail(2, 'no such folder'),
      fail(3, 'no such program'),
    )
    expect(play.result()).to.deep.equal({
      status: 127,
      cause: { type: 'agent', nodes: ['node1', 'node3'], message: 'no such program', status: 127 },
    })
  })

  it('takes what an agent says of a node out of its reach as the loss of that node', () => {
    const play = new Play(3, 1).running()
    play.feed({ type: 'agentFailure', nodeId: 0, message: 'channel broke', exitStatus: 3, peer: 2 })
    const { status, cause } = play.result() ?? {}
    expect([status, cause?.type === 'nodeLost' && [cause.node, cause.ranks]]).to.deep.equal([3, ['node2', [2]]])
    expect(cause?.type === 'nodeLost' && cause.message)
      .to.include('node0')
      .and.include('channel broke')
  })

  it('asks the agents to end again when the last rank is over while the job ends', () => {
    const play = new Play(2, 1).running().feed(signal('SIGTERM'), exit(0, 1))
    expect(play.commands).to.deep.equal([])
    expect(play.feed(exit(1, 1)).commandTypes).to.deep.equal(['endAgents'])
  })

  it('ignores everything when it is over', () => {
    const play = new Play(1, 1).running().feed(exit(0), gone(0))
    const before = play.state
    for (const { event } of causes) expect(play.feed(event).commands).to.deep.equal([])
    expect(play.state).to.equal(before)
  })
})

describe('step() while agents start', () => {
  it('collects launch failures for a moment, then ends the agents that are up', () => {
    const play = new Play(5, 1).feed(up(0), launchFailed(2))
    expect([play.phase, play.commands]).to.deep.equal(['settling', [{ type: 'settle', ms: 1000 }]])
    play.feed(launchFailed(1), up(3))
    expect([play.phase, play.commands]).to.deep.equal(['settling', []])
    play.feed({ type: 'settled' })
    expect([play.phase, play.commandTypes]).to.deep.equal(['ending', ['endAgents', 'armDeadline']])
    const cause = { type: 'launch', messages: [2, 1].map(missing), status: 3 }
    expect(play.result()).to.deep.equal({ status: 3, cause })
  })

  it('does not wait for the moment to pass when every agent is either up or failed', () => {
    for (const last of [launchFailed(1), up(1)]) {
      const play = new Play(3, 1).feed(up(0), launchFailed(2), last)
      expect([play.phase, play.commandTypes]).to.deep.equal(['ending', ['endAgents', 'armDeadline']])
    }
  })

  it('finishes at once when no agent is left that could still start', () => {
    const play = new Play(3, 1).feed(launchFailed(0), launchFailed(1), launchFailed(2))
    expect(play.phase).to.equal('over')
    const cause = { type: 'launch', messages: [0, 1, 2].map(missing), status: 3 }
    expect(play.finishes).to.deep.equal([{ status: 3, cause }])
  })

  it('does not start ranks when the others are up after a failure', () => {
    const play = new Play(2, 1).feed(launchFailed(0), up(1), { type: 'settled' }, up(1))
    expect(play.finishes).to.deep.equal([])
    expect(play.result()?.status).to.equal(3)
  })

  it('takes the end of a node during the launch as the cause', () => {
    const play = new Play(2, 1).feed(up(0), gone(0, 'ssh died'))
    expect(play.phase).to.equal('ending')
    expect(play.feed(gone(1)).finishes).to.deep.equal([
      { status: 3, cause: { type: 'nodeLost', node: 'node0', ranks: [0], message: 'ssh died' } },
    ])
  })

  it('does not say of a node that could not be started that it was lost', () => {
    const play = new Play(2, 1).feed(launchFailed(0), gone(0))
    expect(play.phase).to.equal('settling')
    play.feed({ type: 'settled' })
    expect(play.result()?.cause?.type).to.equal('launch')
  })

  it('ends with the timeout when it comes before all agents are up', () => {
    const play = new Play(2, 1).feed(up(0), { type: 'timeout', seconds: 1 })
    expect(play.commandTypes).to.deep.equal(['endAgents', 'armDeadline'])
    expect(play.feed(gone(0), launchFailed(1)).finishes[0]?.status).to.equal(124)
  })
})

describe('step() of signals', () => {
  for (const [name, status] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`${name} gives ranks their grace time, then ends with ${status}`, () => {
      const play = new Play(2, 1).running().feed(signal(name))
      expect(play.commands).to.deep.equal([
        { type: 'signalRanks', signal: name, endAfterMs: GRACE_MS },
        { type: 'armDeadline', ms: GRACE_MS + 2000 },
      ])
      // A rank's own status does not count any more.
      play.feed(exit(0, 1), exit(1, 0))
      expect(play.result()).to.deep.equal({ status, cause: { type: 'signal', signal: name, status } })
    })

    it(`${name} before the ranks run ends the job at once`, () => {
      const play = new Play(2, 1).feed(up(0), signal(name))
      expect(play.finishes.map((result) => result.status)).to.deep.equal([status])
    })
  }

  it('a second one does not wait for anything, and the first stays the cause', () => {
    const play = new Play(2, 1).running().feed(signal('SIGINT'), signal('SIGTERM'))
    expect([play.phase, play.finishes.map(({ status }) => status)]).to.deep.equal(['over', [130]])
  })

  it('one while a failed job ends does not wait, and the failure stays the cause', () => {
    const play = new Play(2, 1).running().feed(exit(0, 7), signal('SIGINT'))
    expect(play.finishes.map(({ status }) => status)).to.deep.equal([7])
  })

  it('passes others on while ranks run, and drops them otherwise', () => {
    const play = new Play(1, 1).feed(signal('SIGUSR1'))
    expect([play.phase, play.commands]).to.deep.equal(['launching', []])
    play.running().feed(signal('SIGUSR1'))
    expect([play.phase, play.commands]).to.deep.equal(['running', [{ type: 'signalRanks', signal: 'SIGUSR1' }]])
    play.feed(exit(0), signal('SIGUSR2'))
    expect(play.commands).to.deep.equal([])
  })
})

describe('step() of a thousand nodes', () => {
  const NODES = 1000
  const RANKS_PER_NODE = 32

  it('runs them to the end', () => {
    const play = new Play(NODES, RANKS_PER_NODE).running()
    expect(play.phase).to.equal('running')
    for (let rank = 0; rank < NODES * RANKS_PER_NODE; rank += 1) play.feed(exit(rank))
    expect(play.phase).to.equal('ending')
    expect(play.result()).to.deep.equal({ status: 0 })
  })

  it('collects what all of them say when none can be started', () => {
    const play = new Play(NODES, 1)
    for (let nodeId = 0; nodeId < NODES; nodeId += 1) play.feed(launchFailed(nodeId))
    const cause = play.finishes[0]?.cause
    expect(cause?.type === 'launch' && cause.messages.length).to.equal(NODES)
  })

  it('finishes once whatever happens, and keeps the first cause', () => {
    const seed = testSeed()
    const random = randomNumbers(seed)
    const pick = (count: number): number => Math.floor(random() * count)
    for (let round = 0; round < 300; round += 1) {
      const nodes = 1 + pick(4)
      const play = new Play(nodes, 2)
      const isOver = new Set<number>()
      let first: JobCause | undefined
      const happenings: (() => JobEvent)[] = [
        ...Array.from({ length: 6 }, () => () => up(pick(nodes))),
        () => exit(pick(nodes * 2), pick(3)),
        () => exit(pick(nodes * 2)),
        () => launchFailed(pick(nodes)),
        () => gone(pick(nodes)),
        () => ({ type: 'abort', rank: pick(nodes * 2), status: pick(300) }),
        () => ({ type: 'settled' }),
        () => signal('SIGUSR1'),
      ]
      for (let count = 0; count < 40; count += 1) {
        const event = happenings[pick(happenings.length)]?.()
        if (event === undefined || (event.type === 'rankExit' && isOver.has(event.rank))) continue
        if (event.type === 'rankExit') isOver.add(event.rank)
        play.feed(event)
        first ??= play.state.cause
        expect(play.state.cause?.type, `MPI_TEST_SEED=${seed}`).to.equal(first?.type)
      }
      if (play.phase !== 'over') play.feed(signal('SIGINT'), signal('SIGINT'))
      expect(play.finishes.length, `MPI_TEST_SEED=${seed}`).to.equal(1)
    }
  })
})

describe('statusOf()', () => {
  const rank = { type: 'rank', rank: 0, node: 'n' } as const
  const abort = { type: 'abort', rank: 0, node: 'n' } as const
  const cases: readonly [string, JobCause | undefined, number][] = [
    ['no cause', undefined, 0],
    ['a rank that exited with 1', { ...rank, status: 1 }, 1],
    ['a rank that exited with 255', { ...rank, status: 255 }, 255],
    ['an uncaught error', { ...rank, status: 1, failure: { kind: 'error', message: 'x' } }, 1],
    ['abort(7)', { ...abort, status: 7 }, 7],
    ['abort(0)', { ...abort, status: 0 }, 1],
    ['abort(255)', { ...abort, status: 255 }, 255],
    ['abort(256)', { ...abort, status: 256 }, 1],
    ['abort(257)', { ...abort, status: 257 }, 1],
    ['abort(300)', { ...abort, status: 300 }, 44],
    ['abort(-1)', { ...abort, status: -1 }, 255],
    ['abort(-256)', { ...abort, status: -256 }, 1],
    ['abort(NaN)', { ...abort, status: Number.NaN }, 1],
    ['abort(2^31)', { ...abort, status: 2 ** 31 + 2 }, 2],
    ['a node out of reach', { type: 'launch', messages: [], status: 3 }, 3],
    ['a lost node', { type: 'nodeLost', node: 'n', ranks: [], message: '' }, 3],
    ['a program that does not exist', { type: 'agent', nodes: ['n'], message: '', status: 127 }, 127],
    ['a program that cannot be read', { type: 'agent', nodes: ['n'], message: '', status: 126 }, 126],
    ['SIGTERM', { type: 'signal', signal: 'SIGTERM', status: 143 }, 143],
    ['--timeout', { type: 'timeout', seconds: 1 }, 124],
    ['a reader that went away', { type: 'output', message: '', status: 141 }, 141],
    ['a full disk', { type: 'output', message: '', status: 1 }, 1],
  ]
  for (const [name, cause, status] of cases) {
    it(`is ${status} for ${name}`, () => {
      expect(statusOf(cause)).to.equal(status)
    })
  }
})
