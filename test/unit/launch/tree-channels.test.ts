import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { deferred } from '../../../src/base/deferred.ts'
import { Branch } from '../../../src/launch/branch.ts'
import type { LaunchTarget } from '../../../src/launch/launcher.ts'
import { idsOf } from '../../../src/launch/tree-plan.ts'
import { Trunk } from '../../../src/launch/trunk.ts'
import type { Channel } from '../../../src/transport/channel.ts'
import { treeHead, TreeKind } from '../../../src/wire/tree-frame.ts'
import { memoryChannelPair } from '../../support/memory-channel.ts'

/** Node 1 starts 2, which starts 3, and 4. */
const TARGET: LaunchTarget = {
  nodeId: 1,
  name: 'n1',
  below: [
    { nodeId: 2, name: 'n2', below: [{ nodeId: 3, name: 'n3', below: [] }] },
    { nodeId: 4, name: 'n4', below: [] },
  ],
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await turn()
}

function text(frame: Uint8Array): string {
  return Buffer.from(frame).toString()
}

/** An agent of the tree: what it has heard, and the ends of its channel. */
interface Node {
  readonly heard: string[]
  own: Channel | undefined
  isKilled: boolean
  readonly fails: (error: Error) => void
}

/** A tree of real branches below a real trunk, over channels in memory. */
function grow(failing: readonly number[] = []) {
  const nodes = new Map<number, Node>()
  const channels = new Map<number, Channel>()
  const events: string[] = []
  /** The agent of a node has been started: gives the parent's end of its channel. */
  const start = (target: LaunchTarget): Channel => {
    const [parentEnd, agentEnd] = memoryChannelPair()
    const node: Node = { heard: [], own: undefined, isKilled: false, fails: () => undefined }
    nodes.set(target.nodeId, node)
    const below = target.below ?? []
    const launched = below.map((child) => {
      const connected = deferred<Channel>()
      if (failing.includes(child.nodeId)) connected.reject(new Error(`no ${child.name}`))
      else connected.resolve(start(child))
      const kill = (): void => {
        const killed = nodes.get(child.nodeId)
        if (killed !== undefined) killed.isKilled = true
      }
      return { target: child, connected: connected.promise, launcherEnded: new Promise<string>(() => undefined), kill }
    })
    node.own = below.length === 0 ? agentEnd : new Branch(target.nodeId, agentEnd, launched).own
    node.own.onFrame((frame) => void node.heard.push(text(frame)))
    channels.set(target.nodeId, agentEnd)
    return parentEnd
  }
  const trunk = new Trunk(TARGET, start(TARGET), {
    onUp: (nodeId, channel) => {
      ups.set(nodeId, channel)
      watch(nodeId, channel)
    },
    onFailed: (nodeId, message) => void events.push(`failed ${nodeId}: ${message}`),
    onEnded: () => undefined,
  })
  const ups = new Map<number, Channel>([[1, trunk.root]])
  const watch = (nodeId: number, channel: Channel): void => {
    channel.onFrame((frame) => void events.push(`${nodeId} says ${text(frame)}`))
    void channel.closed.then(({ by, reason }) => void events.push(`${nodeId} ended, ${by}: ${reason}`))
  }
  watch(1, trunk.root)
  const node = (nodeId: number): Node => nodes.get(nodeId) ?? expect.fail(`no node ${nodeId}`)
  const rawChannel = (nodeId: number): Channel => channels.get(nodeId) ?? expect.fail(`no channel ${nodeId}`)
  return { events, ups, node, rawChannel, trunk }
}

describe('Trunk and Branch', () => {
  it('carry messages of and for each node', async () => {
    const { events, ups, node } = grow()
    await turns()
    expect([...ups.keys()]).to.have.members(idsOf(TARGET))
    for (const [nodeId, channel] of ups) {
      channel.send(Buffer.from('to '), Buffer.from(String(nodeId)))
      node(nodeId).own?.send(Buffer.from('hello'))
    }
    await turns()
    for (const nodeId of ups.keys()) expect(node(nodeId).heard).to.deep.equal([`to ${nodeId}`])
    expect(events.toSorted()).to.deep.equal([1, 2, 3, 4].map((nodeId) => `${nodeId} says hello`))
  })

  it('carry what is for all once along each edge', async () => {
    const { trunk, node, ups } = grow()
    await turns()
    trunk.root.sendToAll?.(Buffer.from('end'))
    await turns()
    for (const nodeId of [1, 2, 3, 4]) expect(node(nodeId).heard).to.deep.equal(['end'])
    expect([...ups].map(([nodeId, { isBelow }]) => [nodeId, isBelow])).to.deep.equal([
      [1, false],
      ...[2, 4, 3].map((nodeId) => [nodeId, true]),
    ])
  })

  it('tell that a node could not be started, and why', async () => {
    const { events, ups } = grow([2])
    await turns()
    expect(events).to.deep.equal(['failed 2: no n2'])
    expect([...ups.keys()]).to.deep.equal([1, 4])
  })

  it('tell of the end of a node before the ends of those that it carries', async () => {
    const { events, rawChannel } = grow()
    await turns()
    rawChannel(2).destroy()
    await turns()
    expect(events).to.have.length(2)
    expect(events[0]).to.match(/^2 ended, lost: /)
    expect(events[1]).to.equal('3 ended, lost: it was reached through node n2, which is gone')
  })

  it('end the channel of the node that is dropped', async () => {
    const { ups, rawChannel, node } = grow()
    await turns()
    ups.get(3)?.destroy()
    expect((await rawChannel(3).closed).by).to.not.equal('local')
    await turns()
    expect([2, 3, 4].map((nodeId) => node(nodeId).isKilled)).to.deep.equal([false, true, false])
  })

  for (const [what, frame] of [
    ['of a node of another branch', Buffer.concat([treeHead(TreeKind.message, 4), Buffer.from('bye')])],
    ['of no kind', Buffer.from('0900000000000000'.replace('09', 'ff'), 'hex')],
    ['that is for those below', treeHead(TreeKind.toAll, 3)],
    ['that is too short', Buffer.from('010000', 'hex')],
  ] as const) {
    it(`believe no frame ${what}: that node is lost`, async () => {
      const { events, rawChannel } = grow()
      await turns()
      rawChannel(2).send(frame)
      await turns()
      expect(events.filter((event) => event.includes('says'))).to.deep.equal([])
      expect(
        events.some((event) => /^[12] ended, lost: node n[12] sent a frame /.test(event)),
        events.join('; '),
      ).to.equal(true)
    })
  }

  it('believe no frame of the agent that the launcher has started about a node that is not below it', async () => {
    const { events, rawChannel } = grow()
    await turns()
    rawChannel(1).send(treeHead(TreeKind.up, 7))
    await turns()
    expect(events[0]).to.equal('1 ended, lost: node n1 sent a frame of kind 5 of node 7')
  })
})
