import { expect } from 'chai'
import { simulate } from '../../../scripts/simulate/simulation.ts'

describe('simulate()', function () {
  this.timeout(60_000)

  it('runs a job from its launch to its end, with a vote and a deadlock of all ranks', async () => {
    const run = await simulate({ nodes: 100, fanout: 4 })
    expect(run.started).to.equal(4)
    expect(run.result.cause?.type).to.equal('rank')
    expect(run.toldOfDeadlock).to.be.above(0)
    expect(run.notices).to.deep.equal([])
  })

  it('starts grow with the depth of the tree, messages of the coordinator with the nodes', async () => {
    const small = await simulate({ nodes: 64, fanout: 4 })
    const large = await simulate({ nodes: 256, fanout: 4 })
    expect(large.startMs / small.startMs).to.be.below(1.7)
    expect(large.frames / small.frames).to.be.within(3, 4.5)
  })

  it('starts from the coordinator what others cannot start, and says so once', async () => {
    const run = await simulate({ nodes: 30, fanout: 3, cannotStart: new Set([0, 10]) })
    expect(run.result.cause?.type).to.equal('rank')
    expect(run.started).to.equal(3 + 3 + 3)
    expect(run.notices).to.have.length(1)
  })

  it('names each node that cannot be reached, wherever it is in the tree', async () => {
    const { result } = await simulate({ nodes: 100, fanout: 4, cannotBeReached: new Set([0, 13, 99]) })
    expect(result.status).to.equal(3)
    const messages = result.cause?.type === 'launch' ? result.cause.messages : []
    expect(messages.map(({ node }) => node).toSorted((one, other) => one.localeCompare(other))).to.deep.equal([
      'node0',
      'node13',
      'node99',
    ])
  })

  it('names the inner node that dies, alone', async () => {
    const { result } = await simulate({ nodes: 40, fanout: 3, dies: 0 })
    expect(result.status).to.equal(3)
    expect(result.cause?.type === 'nodeLost' && result.cause.node).to.equal('node0')
  })

  it('goes on without a node where it may', async () => {
    const run = await simulate({ nodes: 40, fanout: 3, dies: 39, outlives: 'ranks' })
    expect(run.lost).to.be.at.least(1)
    expect(run.toldOfDeadlock).to.equal(39)
  })
})
