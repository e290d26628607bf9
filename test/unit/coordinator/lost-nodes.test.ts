import { expect } from 'chai'
import type { JobCommand, JobEvent } from '../../../src/coordinator/state/job-events.ts'
import { initialState, type JobState, type Outlives } from '../../../src/coordinator/state/job-state.ts'
import { step } from '../../../src/coordinator/state/job-step.ts'
import { placementOf } from './placements.ts'

const NODES = 3

/** A job that outlives nodes, all of whose ranks run: two on each of three nodes. */
function feed(...events: readonly JobEvent[]): Fed {
  return feedTo('nodes', events)
}

interface Fed {
  readonly state: JobState
  readonly commands: readonly JobCommand[]
}

function feedTo(outlives: Outlives, events: readonly JobEvent[]): Fed {
  let state = initialState(placementOf(NODES, 2), 3000, outlives)
  let commands: readonly JobCommand[] = []
  for (let nodeId = 0; nodeId < NODES; nodeId += 1) [state] = step(state, { type: 'agentUp', nodeId })
  for (const event of events) [state, commands] = step(state, event)
  return { state, commands }
}

const gone = (nodeId: number): JobEvent => ({ type: 'agentGone', nodeId, message: 'channel closed' })
const exit = (rank: number, status = 0): JobEvent => ({ type: 'rankExit', rank, status })
const outOfReach = (nodeId: number, peer: number): JobEvent => ({
  type: 'agentFailure',
  nodeId,
  message: 'channel broke',
  exitStatus: 3,
  peer,
})
const dropped = (commands: readonly JobCommand[]): readonly (number | string)[] =>
  commands.map((command) => (command.type === 'dropNode' ? command.nodeId : command.type))

describe('step() of a job that outlives nodes', () => {
  it('goes on without a node that is lost, and says so once', () => {
    const { state, commands } = feed(gone(1))
    const cause = { type: 'nodeLost', node: 'node1', ranks: [2, 3], message: 'channel closed' }
    expect([state.phase, commands]).to.deep.equal(['running', [{ type: 'dropNode', nodeId: 1, cause }]])
    for (const later of [gone(1), outOfReach(0, 1), outOfReach(2, 1), exit(2, 1), exit(3)]) {
      expect(step(state, later), later.type).to.deep.equal([state, []])
    }
  })

  it('goes on without a node that is stopped', () => {
    const { commands } = feed({ type: 'agentQuiet', nodeId: 1, isQuiet: true })
    expect(dropped(commands)).to.deep.equal([1])
    expect(feed(gone(1), { type: 'agentQuiet', nodeId: 1, isQuiet: true }).commands).to.deep.equal([])
  })

  it('waits for the node of rank 0 where that is stopped, as a job that outlives nothing does for any', () => {
    for (const isQuiet of [true, false]) {
      for (const [outlives, nodeId] of [
        ['nodes', 0],
        ['nothing', 2],
      ] as const) {
        const { state, commands } = feedTo(outlives, [{ type: 'agentQuiet', nodeId, isQuiet }])
        expect([state.phase, commands]).to.deep.equal(['running', [{ type: 'tellQuiet', nodeId, isQuiet }]])
      }
    }
  })

  it('says nothing of a stopped node while the job ends', () => {
    expect(feed(gone(0), { type: 'agentQuiet', nodeId: 1, isQuiet: true }).commands).to.deep.equal([])
  })

  it('ends with 0 when the ranks of the other nodes are over', () => {
    const { state, commands } = feed(exit(2), gone(1), exit(0), exit(1), exit(4), exit(5))
    expect([state.phase, dropped(commands)]).to.deep.equal(['ending', ['endAgents', 'armDeadline']])
    let [last, ends] = step(state, gone(0))
    expect(ends).to.deep.equal([])
    ;[last, ends] = step(last, gone(2))
    expect([last.phase, ends]).to.deep.equal(['over', [{ type: 'finish', result: { status: 0 } }]])
  })

  it('ends when the lost node had the last ranks', () => {
    const { state, commands } = feed(exit(0), exit(1), exit(2), exit(3), exit(4), gone(2))
    expect([state.phase, dropped(commands)]).to.deep.equal(['ending', [2, 'endAgents', 'armDeadline']])
  })

  it('takes a node that others cannot reach as lost', () => {
    expect(dropped(feed(outOfReach(0, 2)).commands)).to.deep.equal([2])
    expect(dropped(feed(outOfReach(2, 1)).commands)).to.deep.equal([1])
  })

  it('takes a node that cannot reach that of rank 0 as lost itself, if that one lives on', () => {
    const decided: JobEvent = { type: 'lossDecided', nodeId: 2, other: 0, message: 'channel broke' }
    const { state, commands } = feed(outOfReach(2, 0))
    const message = 'node node2 says: channel broke'
    expect(commands).to.deep.equal([{ type: 'decideLoss', nodeId: 2, other: 0, message, ms: 3000 }])
    expect(dropped(step(state, decided)[1])).to.deep.equal([2])
    expect(feed(outOfReach(2, 0), gone(0), decided).state.cause).to.include({ type: 'nodeLost', node: 'node0' })
    expect(feed(outOfReach(2, 0), gone(2), decided).commands).to.deep.equal([])
  })

  it('takes a node whose rank fails as lost', () => {
    const { state, commands } = feed(exit(3, 7))
    expect([state.phase, dropped(commands)]).to.deep.equal(['running', [1]])
    expect(commands[0]).to.have.nested.property('cause.message', 'rank 3 ended with status 7')
  })

  it('ends with the node of rank 0, and with a rank there that fails', () => {
    expect(feed(gone(0)).state.cause).to.include({ type: 'nodeLost', node: 'node0' })
    expect(feed(exit(1, 4)).state.cause).to.include({ type: 'rank', status: 4 })
  })
})

describe('step() of a job that outlives ranks', () => {
  const survive = (...events: readonly JobEvent[]): Fed => feedTo('ranks', events)
  const end = (state: JobState): JobCommand | undefined => {
    let [last, commands]: readonly [JobState, readonly JobCommand[]] = [state, []]
    for (let nodeId = 0; nodeId < NODES; nodeId += 1) [last, commands] = step(last, gone(nodeId))
    return commands.at(-1)
  }

  it('goes on without a rank that fails, any rank, and says so', () => {
    const { state, commands } = survive(exit(0, 7))
    const cause = { type: 'rank', rank: 0, node: 'node0', status: 7 }
    expect([state.phase, state.ranksLeft, commands]).to.deep.equal(['running', 5, [{ type: 'dropRank', cause }]])
  })

  it('goes on without a node, that of rank 0 too; ranks of it that were over are lost no more', () => {
    const { state, commands } = survive(exit(1, 3), gone(0))
    expect([state.phase, state.ranksLeft, dropped(commands)]).to.deep.equal(['running', 4, [0]])
  })

  it('ends with 0 where a rank has ended well, whatever was lost', () => {
    const { state } = survive(exit(0, 1), gone(1), exit(1), exit(4), exit(5))
    expect(state.phase).to.equal('ending')
    expect(end(state)).to.deep.equal({ type: 'finish', result: { status: 0 } })
  })

  it('ends with the status of the first loss where no rank is left', () => {
    const { state } = survive(exit(3, 9), gone(0), exit(2, 4), exit(4, 1), exit(5, 1))
    expect(state.phase).to.equal('ending')
    expect(end(state)).to.deep.equal({
      type: 'finish',
      result: { status: 9, cause: { type: 'allLost', status: 9 } },
    })
    const nodesOnly = survive(gone(0), gone(1), gone(2))
    expect(nodesOnly.state.cause).to.deep.equal({ type: 'allLost', status: 3 })
  })

  it('still ends with an abort, and does not compare the collectives of ranks after a loss', () => {
    expect(survive({ type: 'abort', rank: 1, status: 5 }).state.cause).to.include({ type: 'abort', status: 5 })
    const summary = (hash: number): object => ({
      collectives: [
        { comm: 0, name: 'COMM_WORLD', hasFailed: false, calls: 3, hash, latest: ['barrier', 'barrier', 'bcast'] },
      ],
    })
    const ended = (rank: number, hash: number): JobEvent => ({ type: 'rankExit', rank, status: 0, ...summary(hash) })
    expect(survive(ended(0, 1), ended(1, 2)).state.cause).to.include({ type: 'mismatch' })
    expect(survive(exit(5, 1), ended(0, 1), ended(1, 2)).state.cause).to.equal(undefined)
  })

  it('of two nodes without a channel between them loses the higher one, unless one of them is found dead', () => {
    const { state, commands } = survive(outOfReach(0, 2))
    const message = 'node node0 says: channel broke'
    expect(commands).to.deep.equal([{ type: 'decideLoss', nodeId: 2, other: 0, message, ms: 3000 }])
    const decided: JobEvent = { type: 'lossDecided', nodeId: 2, other: 0, message }
    expect(dropped(step(state, decided)[1])).to.deep.equal([2])
    expect(survive(outOfReach(2, 0)).commands).to.have.nested.property('[0].nodeId', 2)
    for (const dead of [0, 2]) expect(survive(outOfReach(0, 2), gone(dead), decided).commands).to.deep.equal([])
  })
})
