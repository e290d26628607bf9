import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import type { BorrowedPayload, Link, LinkSink } from '../../src/mpi/link/link.ts'
import type { Ruling } from '../../src/wire/council-messages.ts'
import type { Envelope } from '../../src/wire/envelope.ts'
import { randomNumbers, testSeed } from '../support/random.ts'

/** All ranks of a job in one thread, and what lies between them. */
export interface LinkFabric {
  /** By rank. */
  readonly links: readonly Link[]
  /** The rank has ended in order. */
  finish(rank: number): void
  close(): void
}

export interface Delivered {
  readonly envelope: Envelope
  readonly payload: Uint8Array
}

/** Keeps what a link delivers. */
export class KeepingSink implements LinkSink {
  readonly begun: Envelope[] = []
  readonly messages: Delivered[] = []
  readonly finishedRanks: number[] = []
  readonly lostRanks: number[] = []
  readonly rulings: Ruling[] = []
  /** Messages that were complete when a rank finished. */
  readonly messagesBeforeEnd: number[] = []

  begin(envelope: Envelope): Uint8Array {
    this.begun.push(envelope)
    // In the middle of other memory, as the view of a user may be.
    return new Uint8Array(new ArrayBuffer(envelope.byteLength + 16), 8, envelope.byteLength)
  }

  complete(envelope: Envelope, payload: Uint8Array): void {
    this.messages.push({ envelope, payload })
  }

  place(): null {
    return null
  }

  placed(): void {}

  mayLeave(): boolean {
    return false
  }

  hasEnough(): boolean {
    return false
  }

  lent(envelope: Envelope, lent: BorrowedPayload): void {
    const payload = this.begin(envelope)
    lent.copyInto(payload)
    this.complete(envelope, payload)
  }

  finished(rank: number): void {
    this.finishedRanks.push(rank)
    this.messagesBeforeEnd.push(this.messages.length)
  }

  lost(rank: number): void {
    this.lostRanks.push(rank)
  }

  ruled(ruling: Ruling): void {
    this.rulings.push(ruling)
  }
}

/** All links of a fabric with a sink and a queue of messages each. */
export class LinkDriver {
  readonly fabric: LinkFabric
  readonly sinks: readonly KeepingSink[]
  readonly #queues: Delivered[][][]
  readonly #taken: number[][]
  /** Messages of each queue that have been taken whole. */
  readonly #sent: number[][]

  constructor(fabric: LinkFabric) {
    this.fabric = fabric
    this.sinks = fabric.links.map(() => new KeepingSink())
    this.#queues = fabric.links.map(() => fabric.links.map(() => []))
    this.#taken = fabric.links.map(() => fabric.links.map(() => -1))
    this.#sent = fabric.links.map(() => fabric.links.map(() => 0))
  }

  link(rank: number): Link {
    const link = this.fabric.links[rank]
    if (link === undefined) throw new RangeError(`no rank ${rank}`)
    return link
  }

  sink(rank: number): KeepingSink {
    const sink = this.sinks[rank]
    if (sink === undefined) throw new RangeError(`no rank ${rank}`)
    return sink
  }

  /** Queues a message; push() gives it to the link. */
  send(source: number, dest: number, payload: Uint8Array, tag = 0): void {
    this.#queues[source]?.[dest]?.push({ envelope: envelopeOf(source, dest, payload.length, tag), payload })
  }

  /** Gives the link what it takes; whether everything that is queued has been taken. */
  push(source: number): boolean {
    return this.fabric.links.map((_, dest) => this.#pushTo(source, dest)).every((isEmpty) => isEmpty)
  }

  #pushTo(source: number, dest: number): boolean {
    const queue = this.#queues[source]?.[dest] ?? []
    const taken = this.#taken[source] ?? []
    const sent = this.#sent[source] ?? []
    for (let message = queue[sent[dest] ?? 0]; message !== undefined; message = queue[sent[dest] ?? 0]) {
      const from = taken[dest] ?? -1
      const now = this.link(source).trySend(message.envelope, message.payload, Math.max(from, 0))
      if (now < from) throw new Error(`trySend() gave bytes back: ${from}, then ${now}`)
      taken[dest] = now
      if (now < message.payload.length) return false
      taken[dest] = -1
      sent[dest] = (sent[dest] ?? 0) + 1
      // The caller may do with it what it likes now.
      message.payload.fill(0xee)
    }
    return true
  }

  /** Bytes of the first queued message that were taken; -1: not even its envelope. */
  takenOfFirst(source: number, dest: number): number {
    return this.#taken[source]?.[dest] ?? -1
  }

  /** Sends and receives until `isDone`; every rank does both. */
  async run(isDone: () => boolean): Promise<void> {
    let idleTurns = 0
    while (!isDone()) {
      let moved = false
      for (const [rank, sink] of this.sinks.entries()) {
        this.push(rank)
        if (this.link(rank).receive(sink)) moved = true
      }
      idleTurns = moved ? 0 : idleTurns + 1
      if (idleTurns > 2000) throw new Error('nothing moves any more')
      await turn()
    }
  }

  async runUntilReceived(dest: number, count: number): Promise<readonly Delivered[]> {
    await this.run(() => this.sink(dest).messages.length >= count)
    return this.sink(dest).messages
  }
}

export function envelopeOf(source: number, dest: number, byteLength: number, tag = 0): Envelope {
  return { source, dest, byteLength, tag, context: 2 ** 52 + tag, datatype: 2, flags: 1, extra: 0xfffffff0 }
}

export function patternBytes(bytes: number, seed: number): Uint8Array {
  const made = new Uint8Array(bytes)
  for (let index = 0; index < bytes; index += 1) made[index] = (index * 7 + (index >> 8) * 3 + seed * 31 + 1) & 0xff
  return made
}

export function expectBytes(found: Uint8Array | undefined, expected: Uint8Array, what: string): void {
  if (found === undefined || !Buffer.from(found).equals(expected)) {
    const at = expected.findIndex((byte, index) => found?.[index] !== byte)
    throw new Error(`${what}: ${found?.length ?? 'no'} bytes of ${expected.length}, other from byte ${at} on`)
  }
}

const KIB = 1024
const SIZES = [
  0, 1, 7, 8, 63, 64, 65, 1000, 1023, 1024, 1025, 8175, 8176, 8177, 65_535, 131_015, 131_016, 131_017, 262_144,
]
/** More than anything on the way holds. */
const HUGE = 9 * KIB * KIB

/** The suite that every implementation of `Link` passes. Ranks 0 and 1 may be on different nodes. */
export function describeLink(name: string, makeFabric: (ranks: number) => LinkFabric): void {
  describe(`Link: ${name}`, () => {
    let driver: LinkDriver

    function make(ranks: number): LinkDriver {
      driver = new LinkDriver(makeFabric(ranks))
      return driver
    }

    afterEach(() => {
      for (const link of driver.fabric.links) link.cancelWake()
      driver.fabric.close()
    })

    describeMessages(make)
    describeRoom(make)
    describeEnd(make)
    describeWaiting(make)
  })
}

type Make = (ranks: number) => LinkDriver

function describeMessages(make: Make): void {
  it('says who it is', () => {
    const { links } = make(3).fabric
    expect(links.map(({ rank, size }) => [rank, size])).to.deep.equal([
      [0, 3],
      [1, 3],
      [2, 3],
    ])
  })

  it('carries messages of 0 bytes to 256 KiB whole, in order and with their envelopes', async () => {
    const driver = make(2)
    SIZES.forEach((bytes, index) => {
      driver.send(0, 1, patternBytes(bytes, index), index)
    })
    const messages = await driver.runUntilReceived(1, SIZES.length)
    expect(driver.sink(1).begun).to.deep.equal(SIZES.map((bytes, index) => envelopeOf(0, 1, bytes, index)))
    SIZES.forEach((bytes, index) => {
      expect(messages[index]?.envelope).to.deep.equal(envelopeOf(0, 1, bytes, index))
      expectBytes(messages[index]?.payload, patternBytes(bytes, index), `message ${index}`)
    })
  })

  it('carries a message that is larger than everything between the ranks, both ways at once', async () => {
    const driver = make(2)
    driver.send(0, 1, patternBytes(HUGE, 1))
    driver.send(1, 0, patternBytes(HUGE, 2))
    await driver.run(() => driver.sinks.every((sink) => sink.messages.length === 1))
    expectBytes(driver.sink(1).messages[0]?.payload, patternBytes(HUGE, 1), 'from 0 to 1')
    expectBytes(driver.sink(0).messages[0]?.payload, patternBytes(HUGE, 2), 'from 1 to 0')
  })

  it('keeps large messages of several senders apart whose parts alternate', async () => {
    const driver = make(4)
    const bytes = 700 * KIB
    // More of each than may be on the way, so that no sender can be done before the others begin.
    const tags = [0, 1, 2, 3, 4, 5, 6]
    for (const source of [0, 2, 3]) {
      for (const tag of tags) driver.send(source, 1, patternBytes(bytes + tag, source * 10 + tag), tag)
    }
    const messages = await driver.runUntilReceived(1, 3 * tags.length)
    for (const source of [0, 2, 3]) {
      const own = messages.filter(({ envelope }) => envelope.source === source)
      expect(own.map(({ envelope }) => envelope.tag)).to.deep.equal(tags)
      own.forEach(({ payload }, index) => {
        expectBytes(payload, patternBytes(bytes + index, source * 10 + index), `message ${index} of rank ${source}`)
      })
    }
    // Otherwise this test has shown nothing.
    const begun = driver.sink(1).begun.map(({ source }) => source)
    const other = begun.findIndex((source) => source !== begun[0])
    expect(begun.indexOf(begun[0] ?? -1, other), 'the first sender begins another after somebody else').to.be.at.least(
      0,
    )
  })

  it('keeps the order of each pair in random traffic of all ranks', async () => {
    const seed = testSeed()
    const random = randomNumbers(seed)
    const ranks = 4
    const driver = make(ranks)
    const sizes: number[][] = []
    let total = 0
    for (let pair = 0; pair < ranks * ranks; pair += 1) {
      const own = Array.from({ length: 30 }, () => Math.floor(random() ** 4 * 100_000))
      own.forEach((bytes, index) => {
        driver.send(Math.floor(pair / ranks), pair % ranks, patternBytes(bytes, index + pair), index)
      })
      sizes.push(own)
      total += own.length
    }
    await driver.run(() => driver.sinks.reduce((sum, sink) => sum + sink.messages.length, 0) === total)
    for (let pair = 0; pair < ranks * ranks; pair += 1) {
      const source = Math.floor(pair / ranks)
      const own = driver.sink(pair % ranks).messages.filter(({ envelope }) => envelope.source === source)
      own.forEach(({ envelope, payload }, index) => {
        const what = `message ${index} from ${source} to ${pair % ranks}, MPI_TEST_SEED=${seed}`
        expect(envelope.tag, what).to.equal(index)
        expectBytes(payload, patternBytes(sizes[pair]?.[index] ?? -1, index + pair), what)
      })
    }
  })
}

function describeRoom(make: Make): void {
  for (const bytes of [0, 1, 5000]) {
    it(`trySend() of messages of ${bytes} bytes never blocks, and says -1 when there is no room`, async () => {
      const driver = make(2)
      const payload = patternBytes(bytes, 3)
      const envelope = envelopeOf(0, 1, bytes)
      let count = 0
      let taken = 0
      // The other rank reads nothing; what is between them takes what it can.
      for (let refused = 0; refused < 50; ) {
        taken = driver.link(0).trySend(envelope, payload, 0)
        if (taken !== bytes) {
          if (taken >= 0) break
          refused += 1
          await turn()
        } else count += 1
        expect(count, 'messages without a reader').to.be.lessThan(1_000_000)
      }
      expect(count).to.be.greaterThan(1)
      if (taken >= 0) driver.link(0).trySend(envelope, payload, taken)
    })
  }

  it('trySend() takes a part of a message that does not fit, and goes on from there', async () => {
    const driver = make(2)
    driver.send(0, 1, patternBytes(HUGE, 5))
    expect(driver.push(0)).to.equal(false)
    const first = driver.takenOfFirst(0, 1)
    expect(first).to.be.within(1, HUGE - 1)
    const [message] = await driver.runUntilReceived(1, 1)
    expectBytes(message?.payload, patternBytes(HUGE, 5), 'the message')
  })

  it('receive() says whether there was anything', async () => {
    const driver = make(2)
    expect(driver.link(1).receive(driver.sink(1))).to.equal(false)
    driver.send(0, 1, new Uint8Array(0))
    await driver.runUntilReceived(1, 1)
    expect(driver.link(1).receive(driver.sink(1))).to.equal(false)
  })
}

function describeEnd(make: Make): void {
  it('says once that a rank has finished, to every other rank, after its last message', async () => {
    const driver = make(4)
    const bytes = [100, 70 * KIB, 0]
    for (const dest of [1, 2, 3]) for (const size of bytes) driver.send(0, dest, patternBytes(size, dest))
    await driver.run(() => driver.push(0))
    driver.fabric.finish(0)
    await driver.run(() => [1, 2, 3].every((rank) => driver.sink(rank).finishedRanks.length > 0))
    for (let turns = 0; turns < 20; turns += 1) await turn()
    for (const rank of [1, 2, 3]) {
      driver.link(rank).receive(driver.sink(rank))
      expect(driver.sink(rank).finishedRanks).to.deep.equal([0])
      expect(driver.sink(rank).messagesBeforeEnd).to.deep.equal([3])
    }
  })

  it('says that a rank has finished that has never sent anything', async () => {
    const driver = make(3)
    driver.fabric.finish(2)
    driver.fabric.finish(1)
    await driver.run(() => driver.sink(0).finishedRanks.length === 2)
    expect(driver.sink(0).finishedRanks).to.have.members([1, 2])
  })
}

function describeWaiting(make: Make): void {
  it('wait() returns when there is something to read', async () => {
    const driver = make(2)
    driver.send(0, 1, patternBytes(10, 1))
    driver.push(0)
    for (let turns = 0; turns < 50; turns += 1) await turn()
    driver.link(1).wait(Number.POSITIVE_INFINITY)
    expect(driver.link(1).receive(driver.sink(1))).to.equal(true)
  })

  it('wait() returns after its time when nothing comes', () => {
    const link = make(2).link(0)
    const began = performance.now()
    link.wait(20)
    expect(performance.now() - began).to.be.within(15, 10_000)
    link.wait(0)
  })

  it('wakeOnce() calls back once when something arrives', async () => {
    const driver = make(2)
    let calls = 0
    driver.link(1).wakeOnce(() => {
      calls += 1
    })
    for (let turns = 0; turns < 20; turns += 1) await turn()
    expect(calls).to.equal(0)
    driver.send(0, 1, patternBytes(10, 1))
    driver.push(0)
    await untilTrue(() => calls > 0)
    driver.send(0, 1, patternBytes(10, 1))
    await driver.runUntilReceived(1, 2)
    expect(calls).to.equal(1)
  })

  it('wakeOnce() calls back when something has arrived before', async () => {
    const driver = make(2)
    driver.send(0, 1, patternBytes(10, 1))
    driver.push(0)
    for (let turns = 0; turns < 50; turns += 1) await turn()
    await new Promise<void>((resolve) => {
      driver.link(1).wakeOnce(resolve)
    })
  })

  it('wakeOnce() calls back when room has come', async () => {
    const driver = make(2)
    driver.send(0, 1, patternBytes(HUGE, 1))
    while (!driver.push(0)) {
      let isAwake = false
      driver.link(0).wakeOnce(() => {
        isAwake = true
      })
      await untilTrue(() => {
        driver.link(1).receive(driver.sink(1))
        return isAwake
      })
      driver.link(0).receive(driver.sink(0))
    }
    await driver.runUntilReceived(1, 1)
  })

  it('wakeOnce() is not called after cancelWake(), and can be asked for again', async () => {
    const driver = make(2)
    const calls: string[] = []
    driver.link(1).wakeOnce(() => void calls.push('first'))
    for (let turns = 0; turns < 5; turns += 1) await turn()
    driver.link(1).cancelWake()
    driver.send(0, 1, patternBytes(10, 1))
    await driver.runUntilReceived(1, 1)
    expect(calls).to.deep.equal([])
    driver.link(1).wakeOnce(() => void calls.push('second'))
    driver.send(0, 1, patternBytes(10, 1))
    driver.push(0)
    await untilTrue(() => calls.length > 0)
    expect(calls).to.deep.equal(['second'])
  })

  it('wakeOnce() calls back although wait() has slept and returned meanwhile', async () => {
    const driver = make(2)
    let calls = 0
    driver.link(1).wakeOnce(() => {
      calls += 1
    })
    for (let turns = 0; turns < 5; turns += 1) await turn()
    driver.link(1).wait(1)
    driver.send(0, 1, patternBytes(10, 1))
    driver.push(0)
    await untilTrue(() => calls > 0)
  })
}

/** Turns the event loop until it is so; fails after many turns. */
async function untilTrue(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error('it never happened')
    await turn()
  }
}
