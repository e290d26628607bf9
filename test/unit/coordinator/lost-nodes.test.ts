import { expect } from 'chai'
import type { JobCommand, JobEvent } from '../../../src/coordinator/job-events.ts'
import { initialState, type JobState } from '../../../src/coordinator/job-state.ts'
import { step } from '../../../src/coordinator/job-step.ts'
import { placementOf } from './placements.ts'

const NODES = 3

/** A job that outlives nodes, all of whose ranks run: two on each of three nodes. */
function feed(...events: readonly JobEvent[]): { state: JobState; commands: readonly JobCommand[] } {
  let state = initialState(placementOf(NODES, 2), 3000, true)
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
    const decided: JobEvent = { type: 'lossDecided', nodeId: 2, message: 'channel broke' }
    const { state, commands } = feed(outOfReach(2, 0))
    const message = 'node node2 says: channel broke'
    expect(commands).to.deep.equal([{ type: 'decideLoss', nodeId: 2, message, ms: 3000 }])
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
