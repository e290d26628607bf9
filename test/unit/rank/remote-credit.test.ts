import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { RemoteCredit } from '../../../src/rank/link/remote-credit.ts'
import { RingReader, RingWriter } from '../../../src/shm/ring.ts'
import { RecordKind } from '../../../src/wire/record.ts'
import { LinkDriver, patternBytes } from '../../compliance/link.ts'
import { LinkNodes } from '../../compliance/link-nodes.ts'
import { smallNode } from '../shm/small-node.ts'

const MIB = 1024 * 1024
const CREDIT = 4 * MIB
/** What a record costs beyond its payload. */
const COST = 64

function credit(): { credit: RemoteCredit; reader: RingReader; writer: RingWriter } {
  const node = smallNode(512)
  const writer = new RingWriter(node, 0, 1)
  return { credit: new RemoteCredit(0, 4, writer), reader: new RingReader(node, 0, 1), writer }
}

describe('RemoteCredit', () => {
  it('allowance() is what is wanted, as long as less than the credit is on the way', () => {
    const { credit: own } = credit()
    expect(own.allowance(1, 100)).to.equal(100)
    expect(own.allowance(1, 100 * MIB)).to.equal(CREDIT)
    own.sent(1, MIB)
    expect(own.allowance(1, 100 * MIB)).to.equal(3 * MIB - COST)
    own.sent(1, 3 * MIB - COST - COST)
    expect(own.allowance(1, 0), 'a message may not even begin').to.equal(-1)
  })

  it('allowance() counts empty messages', () => {
    const { credit: own } = credit()
    let count = 0
    for (; own.allowance(2, 0) >= 0; count += 1) own.sent(2, 0)
    expect(count).to.equal(CREDIT / COST)
  })

  it('allowance() is for each rank by itself', () => {
    const { credit: own } = credit()
    own.sent(1, CREDIT)
    expect(own.allowance(1, 1)).to.equal(-1)
    expect(own.allowance(2, 1)).to.equal(1)
    own.received(1, CREDIT + COST)
    expect(own.allowance(1, 100 * MIB)).to.equal(CREDIT)
  })

  it('giveBack() sends what was read of each rank, in lots of at least a quarter', () => {
    const { credit: own, reader } = credit()
    own.read(3, MIB - COST - 1)
    own.giveBack()
    expect(reader.next(), 'less than a lot').to.equal(false)
    own.read(3, 10)
    own.read(2, 2 * MIB)
    own.giveBack()
    own.giveBack()
    const given: number[][] = []
    for (; reader.next(); reader.release()) {
      expect(reader.kind).to.equal(RecordKind.credit)
      given.push([reader.source, reader.dest, reader.floats[reader.bodyOffset / 8] ?? -1])
    }
    expect(given).to.deep.equal([
      [0, 3, MIB - COST - 1 + COST + 10 + COST],
      [0, 2, 2 * MIB + COST],
    ])
  })

  it('giveBack() keeps for later what the ring has no room for', () => {
    const { credit: own, reader, writer } = credit()
    while (writer.tryWrite(RecordKind.stdout, 0, 0, new Uint8Array(16)));
    own.read(1, MIB)
    own.giveBack()
    own.read(1, 1000)
    for (; reader.next(); reader.release());
    own.giveBack()
    expect(reader.next()).to.equal(true)
    expect(reader.floats[reader.bodyOffset / 8]).to.equal(MIB + 1000 + 2 * COST)
  })
})

describe('ShmLink to a rank of another node', () => {
  let nodes: LinkNodes
  let driver: LinkDriver

  function make(nodeOfRank: readonly number[]): void {
    nodes = new LinkNodes(nodeOfRank)
    driver = new LinkDriver(nodes)
  }

  /** Gives the link of rank 0 what it takes until nothing moves any more; the other ranks read nothing. */
  async function pushUntilStill(): Promise<void> {
    for (let still = 0, before = -1; still < 30; ) {
      driver.push(0)
      await turn()
      still = nodes.frames === before ? still + 1 : 0
      before = nodes.frames
    }
  }

  afterEach(() => {
    nodes.close()
  })

  it('has no more than the credit on the way, however slow the network is', async () => {
    make([0, 1])
    nodes.hold()
    driver.send(0, 1, patternBytes(20 * MIB, 1))
    await pushUntilStill()
    expect(nodes.bytesOnTheWay).to.be.within(CREDIT - MIB, CREDIT + MIB / 4)
    nodes.release()
    const [message] = await driver.runUntilReceived(1, 1)
    expect(message?.payload.length).to.equal(20 * MIB)
  })

  it('has no more than the credit on the way to a rank that does not read, and goes on when it reads', async () => {
    make([0, 1])
    driver.send(0, 1, patternBytes(20 * MIB, 1))
    await pushUntilStill()
    expect(driver.takenOfFirst(0, 1)).to.be.within(CREDIT - MIB, CREDIT)
    await driver.runUntilReceived(1, 1)
    expect(driver.push(0)).to.equal(true)
  })

  it('has a bounded number of empty messages on the way', async () => {
    make([0, 1])
    const wanted = 100_000
    for (let count = 0; count < wanted; count += 1) driver.send(0, 1, new Uint8Array(0))
    await pushUntilStill()
    for (let turns = 0; turns < 100; turns += 1) await turn()
    expect(nodes.frames).to.be.greaterThan(0)
    let sent = 0
    const sink = driver.sink(1)
    // What lies at the other side without any more being sent.
    for (let still = 0; still < 50; ) {
      still = driver.link(1).receive(sink) ? 0 : still + 1
      await turn()
      sent = sink.messages.length
    }
    expect(sent).to.equal(CREDIT / COST)
    await driver.runUntilReceived(1, wanted)
  })

  it('is not held up by another rank that does not read', async () => {
    make([0, 1, 1])
    driver.send(0, 1, patternBytes(20 * MIB, 1))
    await pushUntilStill()
    driver.send(0, 2, patternBytes(2 * MIB, 2))
    for (let still = 0; driver.sink(2).messages.length < 1 && still < 500; still += 1) {
      driver.push(0)
      driver.link(2).receive(driver.sink(2))
      await turn()
    }
    expect(driver.sink(2).messages.length).to.equal(1)
    expect(driver.sink(1).messages.length).to.equal(0)
  })

  it('loses no credit over many messages of every size', async () => {
    make([0, 1])
    for (let round = 0; round < 3; round += 1) {
      for (const bytes of [0, 1, 70_000, 300_000, 131_016, 5 * MIB]) {
        for (let count = 0; count < 4; count += 1) driver.send(0, 1, patternBytes(bytes, count))
      }
      await driver.runUntilReceived(1, (round + 1) * 24)
    }
    nodes.hold()
    driver.send(0, 1, patternBytes(20 * MIB, 1))
    await pushUntilStill()
    // At most a lot is not given back at any time.
    expect(nodes.bytesOnTheWay).to.be.within(CREDIT - MIB - MIB / 4, CREDIT + MIB / 4)
  })
})
