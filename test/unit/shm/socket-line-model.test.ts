import { expect } from 'chai'
import { AgentLine, allocateSocketLines, RankLine } from '../../../src/shm/socket-line.ts'
import { describeModel } from '../../support/describe-model.ts'
import { explore } from './interleavings.ts'
import { type Mistake, SocketModel } from './socket-line-model.ts'
import { type SocketScene, Wire } from './socket-line-wire.ts'
import { traceAtomics } from './trace-atomics.ts'

describeModel<SocketScene, Mistake>({
  title: 'all interleavings of ranks and their agent that write to one socket',
  holds: 'mix no frames, keep the order of each rank and leave nothing behind',
  scenes: {
    'one rank, a small socket': { messages: [3], room: 1 },
    'one rank, a larger socket': { messages: [3], room: 3 },
    'two ranks, a small socket': { messages: [1, 1], room: 1 },
    'two ranks, a larger socket': { messages: [1, 1], room: 3 },
    'frames of the agent, a small socket': { messages: [1], room: 1, hasOwnFrames: true },
    'frames of the agent, a larger socket': { messages: [1], room: 3, hasOwnFrames: true },
  },
  leastStates: 300,
  mistakes: [
    ['writes though its ring is not empty', 'one rank, a small socket'],
    ['passes the turn on in the middle of a frame', 'two ranks, a small socket'],
    ['wakes nobody when it passes the turn on', 'two ranks, a larger socket'],
    ['asks for the turn without an exchange', 'two ranks, a larger socket'],
    ['does not look for its turn before it sleeps', 'two ranks, a larger socket'],
    ['gives the turn back before its frame has left', 'frames of the agent, a small socket'],
    ['overtakes the rest of a frame', 'two ranks, a small socket'],
    ['forgets its own frames at a heartbeat', 'frames of the agent, a larger socket'],
  ],
  explore: (scene, mistake) => {
    return explore(new SocketModel(scene, mistake).programs(), new Wire(scene).words())
  },
})

/** The model says something of the code only as long as the code takes the model's steps. */
describe('the model of the socket takes the steps of the code', () => {
  const names = new Map([
    [0, 'turn'],
    [1, 'socket'],
  ])

  it('RankLine.take(), pass() and passWithRest()', () => {
    const lines = allocateSocketLines(1)
    const agent = new AgentLine(lines, 0)
    const rank = new RankLine(lines, 0, 0)
    agent.open(7, false)
    const take = ['load socket', 'compareExchange turn', 'load socket']
    const run = (what: () => unknown): string[] => traceAtomics(names, () => void what())
    expect(run(() => rank.take())).to.deep.equal(take)
    expect(run(() => rank.pass())).to.deep.equal(['compareExchange turn'])
    rank.take()
    agent.take()
    expect(run(() => rank.pass())).to.deep.equal(['compareExchange turn', 'store turn 1'])
    agent.give()
    rank.take()
    expect(run(() => rank.passWithRest())).to.deep.equal(['store turn 6'])
  })

  it('AgentLine.take(), hasTurn, give() and takeRest()', () => {
    const lines = allocateSocketLines(1)
    const agent = new AgentLine(lines, 0)
    const rank = new RankLine(lines, 0, 0)
    agent.open(7, false)
    const run = (what: () => unknown): string[] => traceAtomics(names, () => void what())
    expect(run(() => agent.take())).to.deep.equal(['compareExchange turn'])
    expect(run(() => agent.give())).to.deep.equal(['compareExchange turn'])
    rank.take()
    expect(run(() => agent.take())).to.deep.equal(['compareExchange turn', 'compareExchange turn'])
    expect(run(() => agent.hasTurn)).to.deep.equal(['load turn'])
    expect(run(() => agent.takeRest())).to.deep.equal(['store turn 1'])
  })
})
