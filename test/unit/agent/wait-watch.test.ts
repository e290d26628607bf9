import { expect } from 'chai'
import { WaitWatch } from '../../../src/agent/wait-watch.ts'
import { Doorbell } from '../../../src/shm/doorbell.ts'
import { WaitWord } from '../../../src/shm/wait-word.ts'
import type { FromAgent, RankWait } from '../../../src/wire/control-messages.ts'
import type { WaitAnswer } from '../../../src/wire/rank-messages.ts'
import { RECORD_HEADER_BYTES, RecordKind } from '../../../src/wire/record.ts'
import { eventually } from '../../support/processes.ts'
import { smallNode } from '../shm/small-node.ts'

/** World ranks of the node, by endpoint; the node's ranks are not those of the world, so that nobody takes one for the other. */
const RANKS = [4, 2, 7]

/** A watch over three ranks that the test plays, and what it has said. */
class Bench {
  readonly node = smallNode(512, RANKS.length + 1)
  readonly words = RANKS.map((_, endpoint) => new WaitWord(this.node, endpoint))
  readonly bells = RANKS.map((_, endpoint) => new Doorbell(this.node, endpoint))
  readonly said: FromAgent[] = []
  readonly told: [rank: number, record: Uint8Array][] = []
  living: readonly number[] = RANKS
  isIdle = true
  sentByRanks: number[] = []
  readonly watch: WaitWatch

  constructor() {
    const endpointOfRank = new Int32Array(8).fill(-1)
    for (const [endpoint, rank] of RANKS.entries()) endpointOfRank[rank] = endpoint
    this.watch = new WaitWatch({
      node: this.node,
      endpointOfRank,
      living: () => this.living,
      isIdle: () => this.isIdle,
      tellRank: (rank, record) => void this.told.push([rank, record]),
      sentByRanks: () => this.sentByRanks,
      send: (message) => void this.said.push(message),
    })
  }

  /** As Engine.waitUntil(): it says that it blocks, then it sleeps. */
  block(endpoint: number): void {
    this.words[endpoint]?.block()
    this.bells[endpoint]?.prepare()
  }

  wake(endpoint: number): void {
    this.bells[endpoint]?.awake()
    this.words[endpoint]?.unblock()
  }

  blockAll(): void {
    for (const endpoint of RANKS.keys()) this.block(endpoint)
  }

  answer(rank: number, question: number, wait: RankWait | null): void {
    const answer: WaitAnswer = { question, wait }
    this.watch.answered(rank, Buffer.from(JSON.stringify(answer)))
  }

  /** The rank at this endpoint is woken by the question, answers it and sleeps again. */
  answerAsked(endpoint: number): void {
    const rank = RANKS[endpoint] ?? -1
    this.answer(rank, this.words[endpoint]?.takeQuestion() ?? 0, waitOf(rank))
    this.bells[endpoint]?.prepare()
  }

  /** What is said when it is asked without details. */
  snapshot(): FromAgent | undefined {
    this.watch.asked(9, false)
    return this.said.at(-1)
  }

  async says(count: number): Promise<readonly FromAgent[]> {
    await eventually(() => this.said.length >= count, 20_000)
    return this.said
  }
}

const waitOf = (rank: number): RankWait => ({ rank, call: `recv(source = ${rank + 1})` })
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

describe('WaitWatch', () => {
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(() => bench.watch.stop())

  it('says once that all ranks wait, and once that one got on', async () => {
    bench.block(0)
    bench.block(1)
    bench.watch.start()
    // Longer than it takes to look twice.
    await pause(700)
    expect(bench.said, 'one still runs').to.deep.equal([])
    bench.block(2)
    expect(await bench.says(1)).to.deep.equal([{ type: 'stalled', isStalled: true }])
    await pause(700)
    expect(bench.said).to.have.length(1)
    bench.wake(1)
    expect((await bench.says(2)).at(-1)).to.deep.equal({ type: 'stalled', isStalled: false })
  })

  it('a rank that got on and waits again between two looks is seen', async () => {
    bench.blockAll()
    bench.watch.start()
    await bench.says(1)
    bench.wake(0)
    bench.block(0)
    expect((await bench.says(2)).at(-1)).to.deep.equal({ type: 'stalled', isStalled: false })
    expect((await bench.says(3)).at(-1)).to.deep.equal({ type: 'stalled', isStalled: true })
  })

  it('ranks that are over are not waited for, and their end is activity', () => {
    bench.block(0)
    bench.block(2)
    const before = bench.snapshot()
    bench.living = [4, 7]
    const after = bench.snapshot()
    expect(before).to.include({ isStuck: false })
    expect(after).to.include({ isStuck: true })
    expect(after).to.not.include({ activity: before?.type === 'waits' ? before.activity : -1 })
  })

  const movements: readonly [what: string, move: () => void][] = [
    ['a rank runs', () => bench.wake(1)],
    ["a rank's bell has been rung", () => bench.bells[1]?.ring()],
    ['the router moved something', () => void (bench.isIdle = false)],
  ]
  for (const [what, move] of movements) {
    it(`nobody is stuck while ${what}`, () => {
      bench.blockAll()
      expect(bench.snapshot()).to.include({ type: 'waits', question: 9, isStuck: true })
      move()
      expect(bench.snapshot()).to.include({ isStuck: false })
    })
  }

  it('counts the bytes sent to other nodes and received from them, without those of lost nodes', () => {
    const sent: string[] = []
    const lines = bench.watch.countSent({
      send: (nodeId, frame) => void sent.push(`send ${nodeId} ${frame.length}`),
      lend: (nodeId, frame) => sent.push(`lend ${nodeId} ${frame.length}`) > 0,
      lendRest: (nodeId, rest) => sent.push(`rest ${nodeId} ${rest.length}`) > 0,
      canTake: (nodeId) => nodeId === 1,
      hasTurn: () => true,
      goOn: () => void sent.push('goOn'),
    })
    lines.send(1, new Uint8Array(10))
    lines.lend(2, new Uint8Array(100))
    // Its whole frame is in sentByRanks().
    lines.lendRest(2, new Uint8Array(7))
    bench.sentByRanks = [0, 1000, 10_000]
    const taken: number[] = []
    for (const nodeId of [1, 2]) {
      bench.watch.countReceived(nodeId, (piece) => void taken.push(piece.length))(new Uint8Array(3 * nodeId))
    }
    expect(sent).to.deep.equal(['send 1 10', 'lend 2 100', 'rest 2 7'])
    expect([lines.canTake(1), lines.canTake(2), lines.hasTurn()]).to.deep.equal([true, false, true])
    expect(taken).to.deep.equal([3, 6])
    expect(bench.snapshot()).to.include({ sent: 11_110, received: 9 })
    bench.watch.nodeLost(2)
    expect(bench.snapshot()).to.include({ sent: 1010, received: 3 })
  })

  it('asks every rank for details, rings its bell, and tells when all have answered and sleep again', async () => {
    bench.blockAll()
    bench.watch.asked(5, true)
    bench.answerAsked(0)
    bench.answerAsked(1)
    // Of an earlier question.
    bench.answer(7, 4, waitOf(7))
    await pause(50)
    expect(bench.said, 'one has not answered').to.deep.equal([])
    expect(bench.words[2]?.takeQuestion()).to.equal(5)
    bench.answer(7, 5, waitOf(7))
    await pause(50)
    expect(bench.said, 'it has been rung and does not sleep yet').to.deep.equal([])
    bench.bells[2]?.prepare()
    const [waits, ...more] = await bench.says(1)
    expect(more).to.deep.equal([])
    expect(waits).to.deep.include({ type: 'waits', question: 5, isStuck: true, ranks: [4, 2, 7].map(waitOf) })
  })

  it('nobody is stuck when one rank says that something else may wake it', async () => {
    bench.blockAll()
    bench.watch.asked(5, true)
    bench.answerAsked(0)
    bench.answer(2, 5, null)
    const [waits] = await bench.says(1)
    expect(waits).to.include({ type: 'waits', question: 5, isStuck: false }).and.not.have.property('ranks')
  })

  it('nobody is stuck when a rank does not answer within a second', async () => {
    bench.blockAll()
    bench.watch.asked(5, true)
    bench.answerAsked(0)
    bench.answerAsked(2)
    const [waits] = await bench.says(1)
    expect(waits).to.include({ type: 'waits', question: 5, isStuck: false }).and.not.have.property('ranks')
    // Too late.
    bench.answerAsked(1)
    await pause(50)
    expect(bench.said).to.have.length(1)
  })

  it('a new question takes the place of one that is not answered yet', async () => {
    bench.blockAll()
    bench.watch.asked(5, true)
    bench.watch.asked(6, true)
    for (const endpoint of RANKS.keys()) bench.answerAsked(endpoint)
    expect(await bench.says(1)).to.have.length(1)
    expect(bench.said[0]).to.include({ question: 6, isStuck: true })
  })

  it('tells every living rank of the deadlock', () => {
    bench.living = [4, 7]
    bench.watch.deadlock('a table')
    expect(bench.told.map(([rank]) => rank)).to.deep.equal([4, 7])
    for (const [rank, record] of bench.told) {
      const view = new DataView(record.buffer, record.byteOffset)
      expect([view.getUint32(0, true), view.getUint32(12, true)]).to.deep.equal([RecordKind.deadlock, rank])
      expect(Buffer.from(record.subarray(RECORD_HEADER_BYTES)).toString()).to.include('a table')
    }
  })
})
