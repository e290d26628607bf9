import { expect } from 'chai'
import { stressLine } from '../../support/line-stress.ts'
import { testSeed } from '../../support/random.ts'
import { AgentLine, allocateSocketLines, NO_SOCKET, RankLine } from '../../../src/shm/socket-line.ts'

describe('SocketLine', () => {
  let agent: AgentLine
  let rank: RankLine
  let other: RankLine

  beforeEach(() => {
    const lines = allocateSocketLines(3)
    agent = new AgentLine(lines, 1)
    rank = new RankLine(lines, 1, 0)
    other = new RankLine(lines, 1, 2)
  })

  it('has no socket before the agent opens it and after it closes it', () => {
    expect(rank.take()).to.equal(NO_SOCKET)
    agent.open(7, true)
    expect(rank.take()).to.equal(7)
    expect(rank.isMasked).to.equal(true)
    rank.pass()
    agent.close(0)
    expect(rank.take()).to.equal(NO_SOCKET)
    expect(agent.take()).to.equal(true)
  })

  it('lets one rank write at a time', () => {
    agent.open(7, false)
    rank.take()
    expect(other.take()).to.equal(NO_SOCKET)
    expect(rank.pass()).to.equal(false)
    expect(other.take()).to.equal(7)
  })

  it('lets no rank write while the agent does', () => {
    agent.open(7, false)
    expect([agent.take(), agent.take()]).to.deep.equal([true, true])
    expect(rank.take()).to.equal(NO_SOCKET)
    agent.give()
    expect(rank.take()).to.equal(7)
  })

  it('gives the agent the turn after the rank that it found writing', () => {
    agent.open(7, false)
    rank.take()
    expect([agent.take(), agent.take(), agent.hasTurn]).to.deep.equal([false, false, false])
    expect(rank.pass()).to.equal(true)
    expect([other.take(), agent.hasTurn]).to.deep.equal([NO_SOCKET, true])
    expect([agent.take(), agent.hasTurn]).to.deep.equal([true, false])
    agent.give()
    expect(other.take()).to.equal(7)
  })

  it('lets nobody begin a frame before the rest of the last one has left', () => {
    agent.open(7, false)
    rank.take()
    rank.passWithRest()
    expect([agent.take(), agent.hasTurn, other.take()]).to.deep.equal([false, false, NO_SOCKET])
    agent.give()
    expect([agent.take(), other.take()]).to.deep.equal([false, NO_SOCKET])
    agent.takeRest()
    expect([agent.hasTurn, other.take()]).to.deep.equal([true, NO_SOCKET])
    expect(agent.take()).to.equal(true)
    agent.give()
    expect(other.take()).to.equal(7)
  })

  it('is closed though a rank that is dead had its turn', () => {
    agent.open(7, false)
    rank.take()
    agent.close(5)
    rank.pass()
    expect(other.take()).to.equal(NO_SOCKET)
  })

  it('knows which rank is in the middle of a frame', () => {
    const held = (): boolean[] => [0, 1, 2, 3].map((endpoint) => agent.isHeldBy(endpoint))
    agent.open(7, false)
    expect(held()).to.deep.equal([false, false, false, false])
    other.take()
    expect(held()).to.deep.equal([false, false, true, false])
    agent.take()
    expect(held()).to.deep.equal([false, false, true, false])
    other.passWithRest()
    expect(held()).to.deep.equal([false, false, true, false])
    agent.takeRest()
    expect(held()).to.deep.equal([false, false, false, false])
  })

  it('counts what ranks have written, for each node apart', () => {
    const lines = allocateSocketLines(2)
    const [first, second] = [0, 1].map((nodeId) => new AgentLine(lines, nodeId))
    new RankLine(lines, 1, 0).count(3)
    new RankLine(lines, 1, 1).count(4)
    expect([first?.sent, second?.sent]).to.deep.equal([0, 7])
  })

  for (const ranks of [1, 2, 3]) {
    it(`has one writer at a time, with threads of ${ranks} ranks and of their agent`, async () => {
      const seed = testSeed()
      const { turns, bytes } = await stressLine({ ranks, turns: 100, seed }, 50_000)
      expect(bytes, `seed ${seed}`).to.equal(ranks * 100 * 16)
      // The agent's own, and the rests of ranks.
      expect(turns, `seed ${seed}`).to.be.greaterThan(ranks * 100)
    })
  }
})
