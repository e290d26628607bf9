import { expect } from 'chai'
import { allocateNodeMemory } from '../../src/shm/layout.ts'
import { describeLink, expectBytes, LinkDriver, patternBytes } from './link.ts'
import { LinkNodes } from './link-nodes.ts'
import { SocketNodes } from './socket-nodes.ts'

describeLink('ShmLink on one node', (ranks) => new LinkNodes(Array.from({ length: ranks }, () => 0)))
describeLink('ShmLink on two nodes', (ranks) => new LinkNodes(Array.from({ length: ranks }, (_, rank) => rank % 2)))
describeLink(
  'ShmLink with a node for each rank',
  (ranks) => new LinkNodes(Array.from({ length: ranks }, (_, rank) => ranks - 1 - rank)),
)
describeLink('ShmLink on two nodes with the smallest rings', (ranks) => {
  const nodeOfRank = Array.from({ length: ranks }, (_, rank) => rank % 2)
  return new LinkNodes(nodeOfRank, (localSize) => allocateNodeMemory(localSize, 200))
})
describeLink(
  'ShmLink on two nodes whose ranks write to sockets',
  (ranks) => new SocketNodes(Array.from({ length: ranks }, (_, rank) => rank % 2)),
)
describeLink(
  'ShmLink on two nodes whose ranks write to sockets, with the smallest rings',
  (ranks) =>
    new SocketNodes(
      Array.from({ length: ranks }, (_, rank) => rank % 2),
      200,
    ),
)

describe('ShmLink to a rank of another node, through a socket', () => {
  it('writes to the socket itself, more than the system takes at a time, while heartbeats come between', async () => {
    const nodes = new SocketNodes([0, 1, 0])
    const driver = new LinkDriver(nodes)
    const sizes: number[] = []
    for (let round = 0; round < 40; round += 1) {
      for (const bytes of [8, 4096, 4097, 700_001, 0, 100_000]) sizes.push(bytes)
    }
    // The first message opens the channel; the ranks find it open in the second part.
    for (const [from, to] of [
      [0, 100],
      [100, sizes.length],
    ] as const) {
      for (let index = from; index < to; index += 1) {
        for (const source of [0, 2]) driver.send(source, 1, patternBytes(sizes[index] ?? 0, index + source))
      }
      const messages = await driver.runUntilReceived(1, 2 * to)
      for (const source of [0, 2]) {
        const found = messages.filter(({ envelope }) => envelope.source === source)
        for (const [index, { payload }] of found.entries()) {
          expectBytes(payload, patternBytes(sizes[index] ?? 0, index + source), `message ${index} of rank ${source}`)
        }
      }
    }
    expect(nodes.sentByRanks).to.be.greaterThan(1e6)
    nodes.close()
  })
})
