import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { ShmLink } from '../../../src/rank/link/shm-link.ts'
import { allocateNodeMemory } from '../../../src/shm/layout.ts'
import { RingWriter } from '../../../src/shm/ring.ts'
import { RecordKind } from '../../../src/wire/record.ts'
import { envelopeOf, expectBytes, KeepingSink, LinkDriver, patternBytes } from '../../compliance/link.ts'
import { LinkNodes } from '../../compliance/link-nodes.ts'

/** Links of ranks of one node, without an agent. */
function linksOfOneNode(ranks: number): { links: ShmLink[]; agentTo: (endpoint: number) => RingWriter } {
  const node = allocateNodeMemory(ranks)
  const endpointOfRank = Int32Array.from({ length: ranks }, (_, rank) => rank)
  const links = Array.from(endpointOfRank, (rank) => {
    return new ShmLink({ node, rank, size: ranks, endpointOfRank, maySpin: false, mayYield: true })
  })
  return { links, agentTo: (endpoint) => new RingWriter(node, ranks, endpoint) }
}

describe('ShmLink', () => {
  let fabric: LinkNodes | undefined

  function nodes(nodeOfRank: readonly number[]): LinkNodes {
    fabric = new LinkNodes(nodeOfRank)
    return fabric
  }

  afterEach(() => {
    fabric?.close()
    fabric = undefined
  })

  it('receive() reads the last messages of a rank before it says that the rank has finished', () => {
    const { links, agentTo } = linksOfOneNode(3)
    const [first, second, third] = links
    const sink = new (class extends KeepingSink {
      override complete(...message: Parameters<KeepingSink['complete']>): void {
        super.complete(...message)
        if (message[0].source !== 1) return
        // While this rank reads the ring of rank 1, rank 0, whose ring it has just read, sends and ends.
        first?.trySend(envelopeOf(0, 2, 10), patternBytes(10, 1), 0)
        const writer = agentTo(2)
        writer.reserve(0, 0)
        writer.commit(RecordKind.finished, 0, 2, 0)
      }
    })()
    second?.trySend(envelopeOf(1, 2, 10), patternBytes(10, 1), 0)
    third?.receive(sink)
    expect(sink.finishedRanks).to.deep.equal([0])
    expect(sink.messagesBeforeEnd, 'messages before the end').to.deep.equal([2])
  })

  it('trySend() begins a message only where a fragment worth its header fits', () => {
    const { links } = linksOfOneNode(2)
    const link = links[0]
    const payload = patternBytes(20_000, 1)
    let sent = 0
    while (link?.trySend(envelopeOf(0, 1, 20_000), payload, 0) === 20_000) sent += 1
    const sink = new KeepingSink()
    links[1]?.receive(sink)
    expect(sink.messages.length).to.equal(sent)
    // What the last call took of a message that did not fit.
    expect(sink.begun.length).to.be.within(sent, sent + 1)
  })

  it('trySend() goes on with a begun message only from where it stood', () => {
    const { links } = linksOfOneNode(2)
    const bytes = 6_000_000
    const payload = patternBytes(bytes, 9)
    const sink = new KeepingSink()
    let taken = -1
    let calls = 0
    while (taken < bytes) {
      taken = links[0]?.trySend(envelopeOf(0, 1, bytes), payload, Math.max(taken, 0)) ?? 0
      payload.fill(0, 0, taken)
      links[1]?.receive(sink)
      calls += 1
    }
    expect(calls).to.be.greaterThan(1)
    expectBytes(sink.messages[0]?.payload, patternBytes(bytes, 9), 'the message')
  })

  it('wait() returns when room has come between trySend() and wait()', () => {
    const { links } = linksOfOneNode(2)
    const payload = patternBytes(100_000, 1)
    const [sender, receiver] = links
    while (sender?.trySend(envelopeOf(0, 1, 100_000), payload, 0) === 100_000);
    receiver?.receive(new KeepingSink())
    const began = performance.now()
    sender?.wait(60_000)
    expect(performance.now() - began).to.be.lessThan(30_000)
  })

  it('receive() refuses records that no rank may get', () => {
    for (const kind of [RecordKind.stdout, RecordKind.failure, 99]) {
      const { links, agentTo } = linksOfOneNode(2)
      agentTo(0).tryWrite(kind, 1, 0, new Uint8Array(8))
      expect(() => links[0]?.receive(new KeepingSink()), `kind ${kind}`).to.throw(`kind ${kind}`)
    }
  })

  it('receive() refuses a part of a message that was never begun', () => {
    const { links, agentTo } = linksOfOneNode(2)
    agentTo(0).tryWrite(RecordKind.part, 1, 0, new Uint8Array(8))
    expect(() => links[0]?.receive(new KeepingSink())).to.throw('rank 1 sent a part of no message')
  })

  for (const ranks of [1, 22, 23, 32, 33, 45, 64]) {
    it(`tellAgent() hands over 40000 bytes on a node of ${ranks} ranks, whatever a ring can hold`, async () => {
      const all = nodes(Array.from({ length: ranks }, () => 0))
      const [link] = all.links
      const text = patternBytes(40_000, 1)
      // A piece at a time, since nobody can empty the ring while this thread blocks.
      for (let from = 0; from < text.length; from += 12_000) {
        link?.tellAgent(RecordKind.stdout, text.subarray(from, from + 12_000))
        for (let turns = 0; turns < 20; turns += 1) await turn()
      }
      expect(all.rankRecords.every(({ rank, kind }) => rank === 0 && kind === RecordKind.stdout)).to.equal(true)
      expectBytes(Buffer.concat(all.rankRecords.map(({ body }) => body)), text, 'what the agent got')
    })
  }

  it('tellAgent() may come between the parts of a message to another node', async () => {
    const all = nodes([0, 1])
    const driver = new LinkDriver(all)
    driver.send(0, 1, patternBytes(3_000_000, 1))
    driver.push(0)
    for (let turns = 0; turns < 50; turns += 1) await turn()
    all.links[0]?.tellAgent(RecordKind.stderr, patternBytes(100, 2))
    const [message] = await driver.runUntilReceived(1, 1)
    expectBytes(message?.payload, patternBytes(3_000_000, 1), 'the message')
    expect(all.rankRecords.map(({ kind, body }) => [kind, body.length])).to.deep.equal([[RecordKind.stderr, 100]])
  })
})
