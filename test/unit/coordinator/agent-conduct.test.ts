import { expect } from 'chai'
import { AgentConduct } from '../../../src/coordinator/agents/agent-conduct.ts'
import type { PlacedNode } from '../../../src/placement/placement.ts'
import type { FromAgent } from '../../../src/wire/control-messages.ts'
import type { Motion } from '../../../src/wire/council-messages.ts'

const NODE: PlacedNode = {
  id: 1,
  name: 'n1',
  slots: 2,
  slotsDeclared: true,
  ranks: [
    { rank: 2, localRank: 0, app: 0 },
    { rank: 3, localRank: 1, app: 0 },
  ],
}
const HELLO: FromAgent = {
  type: 'hello',
  nodeId: 1,
  hostname: 'h',
  pid: 1,
  nodeVersion: '20',
  protocolVersion: 1,
  addresses: [],
  port: 0,
}
const output = (bytes: number): FromAgent => ({ type: 'output', rank: 2, stream: 1, bytes: new Uint8Array(bytes) })
const EXIT: FromAgent = { type: 'rankExit', rank: 2, status: 0, toldNodes: [] }
const vote = (number: number): Motion => ({
  type: 'vote',
  comm: 0,
  number,
  call: 'agree',
  flag: true,
  counter: 0,
  members: [[0, 4]],
})

function started(): AgentConduct {
  const conduct = new AgentConduct(NODE)
  expect(conduct.judge(HELLO)).to.equal('take')
  conduct.started()
  return conduct
}

function faultOf(conduct: AgentConduct, message: FromAgent): string {
  const judgement = conduct.judge(message)
  return typeof judgement === 'object' ? judgement.fault : judgement
}

describe('AgentConduct', () => {
  it('takes a life in order', () => {
    const conduct = started()
    for (const message of [output(5), { type: 'stdinWanted', rank: 2 }, EXIT, { ...EXIT, rank: 3 }, { type: 'bye' }]) {
      expect(conduct.judge(message as FromAgent)).to.equal('take')
    }
  })

  it('wants hello first, and once', () => {
    for (const message of [output(1), EXIT, { type: 'abort', rank: 2, status: 1 }, { type: 'askDial', nodeId: 0 }]) {
      const conduct = new AgentConduct(NODE)
      expect(faultOf(conduct, message as FromAgent)).to.match(/before its ranks were started/)
    }
    const conduct = new AgentConduct(NODE)
    conduct.judge(HELLO)
    expect(faultOf(conduct, output(1))).to.match(/before its ranks were started/)
    expect(faultOf(conduct, HELLO)).to.equal('a second hello')
    expect(faultOf(started(), HELLO)).to.equal('a second hello')
  })

  it('lets no rank speak that is over', () => {
    const after: readonly FromAgent[] = [
      EXIT,
      output(1),
      { type: 'stdinWanted', rank: 2 },
      { type: 'abort', rank: 2, status: 0 },
      { type: 'motion', rank: 2, motion: vote(0) },
    ]
    for (const message of after) {
      const conduct = started()
      conduct.judge(EXIT)
      expect(faultOf(conduct, message)).to.match(/of rank 2, which is over/)
    }
  })

  it('hears nothing behind bye', () => {
    const conduct = started()
    conduct.judge({ type: 'bye' })
    for (const message of [HELLO, output(9e6), EXIT]) expect(conduct.judge(message)).to.equal('ignore')
  })

  it('buffers no output beyond the credit of a rank', () => {
    const conduct = started()
    for (let i = 0; i < 100; i += 1) {
      expect(conduct.judge(output(1024 * 1024))).to.equal('take')
      expect(conduct.judge(output(1024 * 1024))).to.equal('take')
      conduct.written(2, 2 * 1024 * 1024)
    }
    expect(conduct.judge(output(2 * 1024 * 1024))).to.equal('take')
    expect(faultOf(conduct, output(1))).to.match(/2097153 bytes of output of rank 2 before/)
  })

  it('takes no notice of what was said before', () => {
    const conduct = started()
    const again: readonly FromAgent[] = [
      { type: 'askDial', nodeId: 0 },
      { type: 'stdinWanted', rank: 2 },
      { type: 'agentFailure', message: 'm', exitStatus: 3, peer: 0 },
    ]
    for (const message of again) expect(conduct.judge(message)).to.equal('take')
    for (const message of again) expect(conduct.judge(message)).to.equal('ignore')
    conduct.answered(2)
    expect(conduct.judge({ type: 'stdinWanted', rank: 2 })).to.equal('take')
  })

  it('keeps a bounded number of votes, of members', () => {
    const conduct = started()
    const motion = (number: number): FromAgent => ({ type: 'motion', rank: 2, motion: vote(number) })
    for (let number = 0; number < 1024; number += 1) expect(conduct.judge(motion(number))).to.equal('take')
    expect(faultOf(conduct, motion(1024))).to.match(/more than 1024 votes of rank 2/)
    conduct.settled({ comm: 0, number: 5 })
    conduct.settled({ comm: 0, number: 6 })
    expect(conduct.judge(motion(1025))).to.equal('take')
    const foreign: Motion = { type: 'revoke', comm: 0, members: [[0, 2]] }
    expect(faultOf(conduct, { type: 'motion', rank: 2, motion: foreign })).to.match(
      /on a communicator that it is not in/,
    )
  })
})
