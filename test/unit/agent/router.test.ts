import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { Router } from '../../../src/agent/routing/router.ts'
import { Doorbell } from '../../../src/shm/doorbell.ts'
import { endpointOffset, type NodeMemory, SLEEPING } from '../../../src/shm/layout.ts'
import { RingReader, RingWriter } from '../../../src/shm/ring.ts'
import { ALL_RANKS, FOR_AGENT, RecordKind, recordBytes } from '../../../src/wire/record.ts'
import { WINDOW_REQUEST_BYTES } from '../../../src/wire/window-messages.ts'
import { smallNode } from '../shm/small-node.ts'
import { noSharedSockets } from '../../support/no-shared-sockets.ts'

/** Ranks 0 and 1 are on this node (endpoints 0 and 1; the agent is 2), ranks 2 and 3 on node 1, rank 4 on node 2. */
const ENDPOINTS = Int32Array.of(0, 1, -1, -1, -1)
const NODES = [0, 0, 1, 1, 2]
const AGENT = 2

interface Seen {
  readonly kind: number
  readonly source: number
  readonly first: number | undefined
  readonly bytes: number
}

class Bench {
  readonly node: NodeMemory = smallNode(1024, 3)
  readonly frames: { nodeId: number; frame: Uint8Array }[] = []
  /** Frames that the network has not read yet, as long as `keepsLoans`. */
  readonly loans: { nodeId: number; frame: Uint8Array }[] = []
  keepsLoans = false
  /** Nodes whose channel does not get on. */
  readonly full = new Set<number>()
  readonly rankRecords: { rank: number; kind: number; text: string }[] = []
  readonly agentRecords: { source: number; kind: number; text: string }[] = []
  readonly finished: number[] = []
  readonly misfits: { from: number; what: string }[] = []
  readonly router: Router
  readonly fromNode1: (piece: Uint8Array) => void
  readonly readers: readonly RingReader[]
  readonly writers: readonly RingWriter[]

  constructor() {
    const { node } = this
    this.readers = [0, 1].map((endpoint) => new RingReader(node, AGENT, endpoint))
    this.writers = [0, 1].map((endpoint) => new RingWriter(node, endpoint, AGENT))
    this.router = new Router({
      node,
      nodeId: 0,
      endpointOfRank: ENDPOINTS,
      nodeOfRank: NODES,
      mayPoll: true,
      giveTurn: () => undefined,
      outlivesRanks: false,
      onMisfit: (from, what) => void this.misfits.push({ from, what }),
      lines: {
        send: (nodeId, frame) => void this.frames.push({ nodeId, frame: frame.slice() }),
        canTake: (nodeId) => !this.full.has(nodeId),
        lend: (nodeId, frame) => {
          if (!this.keepsLoans) this.frames.push({ nodeId, frame: frame.slice() })
          else this.loans.push({ nodeId, frame })
          return !this.keepsLoans
        },
        ...noSharedSockets,
      },
      onRankRecord: (rank, kind, body) =>
        void this.rankRecords.push({ rank, kind, text: Buffer.from(body).toString() }),
      onAgentRecord: (source, kind, body) => {
        expect(body.byteOffset).to.equal(0)
        this.agentRecords.push({ source, kind, text: Buffer.from(body).toString() })
      },
      onFinished: (rank) => void this.finished.push(rank),
    })
    this.fromNode1 = this.router.receiver(1)
  }

  /** From node 1. */
  receive(piece: Uint8Array): void {
    this.fromNode1(piece)
  }

  /** The rank writes a record for its agent. */
  write(rank: 0 | 1, kind: number, dest: number, body: string): void {
    expect(this.writers[rank]?.tryWrite(kind, rank, dest, Buffer.from(body))).to.equal(true)
  }

  /** Takes at most `limit` records that lie in the ring for a rank. */
  read(rank: 0 | 1, limit = Number.POSITIVE_INFINITY): Seen[] {
    const reader = this.readers[rank]
    const seen: Seen[] = []
    while (seen.length < limit && reader?.next()) {
      const { kind, source, bodyBytes } = reader
      seen.push({ kind, source, first: bodyBytes > 0 ? reader.bytes[reader.bodyOffset] : undefined, bytes: bodyBytes })
      reader.release()
    }
    return seen
  }
}

function record(kind: number, source: number, dest: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(recordBytes(body.length))
  new Uint32Array(bytes.buffer, 0, 4).set([kind, body.length, source, dest])
  bytes.set(body, 16)
  return bytes
}

function part(dest: number, value: number, bytes = 100): Uint8Array {
  return record(RecordKind.part, 2, dest, new Uint8Array(bytes).fill(value))
}

async function turns(count = 20): Promise<void> {
  for (let done = 0; done < count; done += 1) await turn()
}

describe('Router', () => {
  let bench: Bench

  beforeEach(() => {
    bench = new Bench()
  })

  afterEach(() => {
    bench.router.stop()
  })

  it('sends what a rank has for one node in one frame', async () => {
    bench.write(0, RecordKind.begin, 2, 'to rank 2 of node 1')
    bench.write(0, RecordKind.credit, 3, '8 bytes.')
    bench.write(0, RecordKind.part, 4, 'to node 2')
    bench.write(1, RecordKind.credit, 3, '8 bytes.')
    bench.router.start()
    await turns()
    expect(bench.frames.map(({ nodeId, frame }) => [nodeId, frame.length])).to.deep.equal([
      [1, recordBytes(19) + recordBytes(8)],
      [2, recordBytes(9)],
      [1, recordBytes(8)],
    ])
    const words = new Uint32Array(bench.frames[0]?.frame.slice().buffer ?? new ArrayBuffer(0), 0, 4)
    expect([...words]).to.deep.equal([RecordKind.begin, 19, 0, 2])
    expect(bench.frames[0]?.frame.subarray(16, 35)).to.deep.equal(new Uint8Array(Buffer.from('to rank 2 of node 1')))
  })

  it('keeps records for the agent from ranks, and says who has finished', () => {
    const ask = (text: string): Uint8Array =>
      record(RecordKind.windowRequest, 2, FOR_AGENT, Buffer.from(text.padEnd(WINDOW_REQUEST_BYTES)))
    const finished = record(RecordKind.finished, 3, ALL_RANKS, new Uint8Array(0))
    bench.receive(Buffer.concat([part(0, 1), ask('one'), ask('2'.repeat(57)), finished, part(1, 2), ask('three')]))
    const kind = RecordKind.windowRequest
    expect(bench.agentRecords).to.deep.equal([
      { source: 2, kind, text: 'one'.padEnd(WINDOW_REQUEST_BYTES) },
      { source: 2, kind, text: '2'.repeat(57) },
      { source: 2, kind, text: 'three'.padEnd(WINDOW_REQUEST_BYTES) },
    ])
    expect(bench.finished).to.deep.equal([3])
    expect(bench.read(0).map((seen) => seen.kind)).to.deep.equal([RecordKind.part, RecordKind.finished])
    expect(bench.read(1).map((seen) => seen.kind)).to.deep.equal([RecordKind.finished, RecordKind.part])
  })

  it('wakes for what ranks write while it sleeps, every time', async () => {
    bench.router.start()
    for (let round = 1; round <= 20; round += 1) {
      await turns(3)
      bench.write(1, RecordKind.begin, 2, `round ${round}`)
      for (let waited = 0; bench.frames.length < round && waited < 10_000; waited += 1) await turn()
      expect(bench.frames.length).to.equal(round)
    }
  })

  it('hands output, failures and abort to the agent, in memory that stays as it is', async () => {
    bench.router.start()
    bench.write(1, RecordKind.stdout, 1, 'hello')
    bench.write(1, RecordKind.stderr, 1, 'oh')
    await turns()
    for (let count = 0; count < 20; count += 1) {
      bench.write(1, RecordKind.abort, 1, 'overwritten again and again')
      await turns(3)
    }
    bench.write(0, RecordKind.failure, 0, '{}')
    await turns()
    expect(bench.rankRecords.slice(0, 2)).to.deep.equal([
      { rank: 1, kind: RecordKind.stdout, text: 'hello' },
      { rank: 1, kind: RecordKind.stderr, text: 'oh' },
    ])
    expect(bench.rankRecords.at(-1)).to.deep.equal({ rank: 0, kind: RecordKind.failure, text: '{}' })
    expect(bench.rankRecords.length).to.equal(23)
    expect(bench.frames).to.deep.equal([])
  })

  it('receiver() puts each record of a frame into the ring of its rank', () => {
    bench.receive(Buffer.concat([part(0, 1), part(1, 2, 0), part(1, 3, 33), part(0, 4)]))
    expect(bench.read(0)).to.deep.equal([
      { kind: RecordKind.part, source: 2, first: 1, bytes: 100 },
      { kind: RecordKind.part, source: 2, first: 4, bytes: 100 },
    ])
    expect(bench.read(1)).to.deep.equal([
      { kind: RecordKind.part, source: 2, first: undefined, bytes: 0 },
      { kind: RecordKind.part, source: 2, first: 3, bytes: 33 },
    ])
  })

  it('receiver() reads a frame that begins anywhere in its memory', () => {
    const memory = Buffer.concat([new Uint8Array(5), part(0, 7)])
    bench.receive(memory.subarray(5))
    expect(bench.read(0)).to.deep.equal([{ kind: RecordKind.part, source: 2, first: 7, bytes: 100 }])
  })

  it('keeps what a full ring does not take, and forwards it in order when there is room', async () => {
    bench.router.start()
    const count = 50
    for (let value = 0; value < count; value += 1) bench.receive(Buffer.concat([part(0, value), part(1, value, 8)]))
    const seen: Seen[] = []
    for (let waited = 0; seen.length < count && waited < 1000; waited += 1) {
      // One at a time, so that the ring stays full.
      seen.push(...bench.read(0, 1))
      await turn()
    }
    expect(seen.map(({ first }) => first)).to.deep.equal(Array.from({ length: count }, (_, value) => value))
  })

  it('receiver() forwards what waits for a ring with the next piece, within the same turn of the event loop', () => {
    bench.router.start()
    for (const value of [1, 2, 3, 4]) bench.receive(part(0, value, 300))
    // The rank gets all that the ring has room for; the fourth waits.
    expect(bench.read(0).map(({ first }) => first)).to.deep.equal([1, 2, 3])
    bench.receive(part(0, 5, 300))
    expect(bench.read(0).map(({ first }) => first)).to.deep.equal([4, 5])
  })

  it('receiver() lets no record overtake those that wait, though it would fit', async () => {
    for (const value of [1, 2, 3, 4]) bench.receive(part(0, value, 300))
    // The fourth waits; beside the first three a small one would fit.
    bench.receive(part(0, 5, 1))
    bench.router.start()
    const seen: Seen[] = []
    for (let waited = 0; seen.length < 5 && waited < 1000; waited += 1) {
      seen.push(...bench.read(0, 1))
      await turn()
    }
    expect(seen.map(({ first }) => first)).to.deep.equal([1, 2, 3, 4, 5])
  })

  it('one full ring does not hold up the other ranks', () => {
    for (let value = 0; value < 50; value += 1) bench.receive(part(0, value))
    bench.receive(part(1, 99))
    expect(bench.read(1).map(({ first }) => first)).to.deep.equal([99])
  })

  it('wakes when a ring gets room that was full when it went to sleep', async () => {
    bench.router.start()
    await turns(3)
    for (let value = 0; value < 50; value += 1) bench.receive(part(0, value))
    await turns(50)
    let total = 0
    for (let waited = 0; total < 50 && waited < 1000; waited += 1) {
      total += bench.read(0).length
      await turn()
    }
    expect(total).to.equal(50)
  })

  it('wakes when a ring gets room just before it goes to sleep', async () => {
    for (let value = 0; value < 50; value += 1) bench.receive(part(0, value))
    const sleeping = endpointOffset(AGENT) / 4 + SLEEPING
    const store = Atomics.store
    let reads = 0
    Reflect.set(Atomics, 'store', (words: Int32Array, index: number, value: number) => {
      if (index === sleeping && value === 1 && reads === 0) reads = bench.read(0).length
      return store(words, index, value)
    })
    try {
      bench.router.start()
      await turns()
    } finally {
      Reflect.set(Atomics, 'store', store)
    }
    expect(reads).to.be.greaterThan(0)
    expect(bench.read(0).length).to.be.greaterThan(0)
  })

  it('wakes a rank that sleeps', () => {
    const bell = new Doorbell(bench.node, 1)
    const before = bell.prepare()
    bench.receive(part(1, 1))
    expect(bell.prepare()).to.equal(before + 1)
  })

  it('receiver() to all ranks reaches each rank of the node', () => {
    bench.receive(record(RecordKind.finished, 3, ALL_RANKS, new Uint8Array()))
    for (const rank of [0, 1] as const) {
      expect(bench.read(rank)).to.deep.equal([{ kind: RecordKind.finished, source: 3, first: undefined, bytes: 0 }])
    }
  })

  it('rankFinished() reaches each rank behind what came before', () => {
    bench.receive(part(1, 5))
    bench.router.rankFinished(2)
    expect(bench.read(1).map(({ kind, source }) => [kind, source])).to.deep.equal([
      [RecordKind.part, 2],
      [RecordKind.finished, 2],
    ])
  })

  it('nodeLost() tells each rank that the ranks of that node have finished', () => {
    bench.router.nodeLost(1)
    expect(bench.read(0).map(({ kind, source }) => [kind, source])).to.deep.equal([
      [RecordKind.finished, 2],
      [RecordKind.finished, 3],
    ])
  })

  it('nodeLost() gives back what its channel has borrowed', async () => {
    bench.keepsLoans = true
    bench.router.start()
    bench.write(0, RecordKind.begin, 2, 'x'.repeat(400))
    await turns()
    bench.write(0, RecordKind.begin, 4, 'x'.repeat(400))
    bench.router.nodeLost(1)
    expect(bench.writers[0]?.tryWrite(RecordKind.begin, 0, 4, Buffer.from('x'.repeat(400)))).to.equal(true)
  })

  it('receiver() drops records for ranks that are over', () => {
    bench.router.rankEnded(1, RecordKind.finished, () => [])
    expect(bench.read(0).length, 'rank 0 hears of the end').to.equal(1)
    bench.receive(Buffer.concat([part(1, 3), part(0, 4)]))
    expect(bench.read(1)).to.deep.equal([])
    expect(bench.read(0).map(({ first }) => first)).to.deep.equal([4])
  })

  it('receiver() says what does not fit, once, however the bytes come, and takes nothing more', () => {
    const bytes = Buffer.concat([part(0, 1), record(RecordKind.part, 0, 1, new Uint8Array(5000)), part(0, 3)])
    for (const size of [1, 3, 16, 100, 9000]) {
      bench = new Bench()
      for (let at = 0; at < bytes.length; at += size) bench.receive(bytes.subarray(at, at + size))
      bench.receive(part(0, 4))
      expect(bench.misfits.map(({ what }) => what)).to.deep.equal([
        'a record of kind 3 with 5000 bytes from rank 0 for rank 1, which it may not',
      ])
      expect(bench.read(0).map(({ first }) => first)).to.deep.equal([1])
    }
  })

  it('receiver() does not buffer more than the ranks of a node have credit for', () => {
    // Two of them, 8 MiB each; the rank does not read.
    const lot = Buffer.concat(Array.from({ length: 8192 }, () => part(0, 1)))
    for (let bytes = 0; bytes <= 17 * 1024 * 1024 && bench.misfits.length === 0; bytes += lot.length) bench.receive(lot)
    expect(bench.misfits[0]).to.deep.equal({ from: 1, what: 'more than its ranks have credit for' })
  })

  it('hears of all ranks whose ends come side by side', () => {
    const finished = (rank: number): Uint8Array => record(RecordKind.finished, rank, ALL_RANKS, new Uint8Array(0))
    bench.receive(Buffer.concat([finished(2), finished(3)]))
    expect(bench.finished).to.deep.equal([2, 3])
  })

  it('rankEnded() sends the last messages first, then asks whom to tell, and tells them behind these messages', () => {
    bench.write(0, RecordKind.begin, 4, 'the first message ever to node 2')
    const told = bench.router.rankEnded(0, RecordKind.finished, () => [
      ...new Set(bench.frames.map(({ nodeId }) => nodeId)),
    ])
    expect(told).to.deep.equal([2])
    expect(bench.frames.map(({ nodeId, frame }) => [nodeId, frame[0]])).to.deep.equal([
      [2, RecordKind.begin],
      [2, RecordKind.finished],
    ])
    const words = new Uint32Array(bench.frames[1]?.frame.slice().buffer ?? new ArrayBuffer(0))
    expect([...words]).to.deep.equal([RecordKind.finished, 0, 0, ALL_RANKS])
    expect(bench.read(1).map(({ kind, source }) => [kind, source])).to.deep.equal([[RecordKind.finished, 0]])
    expect(bench.read(0), 'the rank itself').to.deep.equal([])
  })

  it('rankEnded() of a rank that failed hands over its last words and tells nobody', () => {
    bench.write(0, RecordKind.failure, 0, '{"message":"x"}')
    const told = bench.router.rankEnded(0, null, () => [1, 2])
    expect(told).to.deep.equal([])
    expect(bench.rankRecords).to.deep.equal([{ rank: 0, kind: RecordKind.failure, text: '{"message":"x"}' }])
    expect(bench.frames).to.deep.equal([])
    expect(bench.read(1)).to.deep.equal([])
  })

  it('leaves in the ring what a channel has not read yet, and gives the room back when it has', async () => {
    bench.keepsLoans = true
    bench.router.start()
    const body = 'x'.repeat(400)
    bench.write(0, RecordKind.begin, 2, body)
    bench.write(0, RecordKind.part, 4, body)
    await turns()
    expect(bench.loans.map(({ nodeId }) => nodeId)).to.deep.equal([1, 2])
    const again = (): boolean => bench.writers[0]?.tryWrite(RecordKind.part, 0, 2, Buffer.from(body)) ?? false
    expect(again()).to.equal(false)
    // The second loan is back first; the ring's room goes back in order only.
    bench.router.drained(2)
    expect(again()).to.equal(false)
    expect(Buffer.from(bench.loans[0]?.frame.subarray(16, 416) ?? []).toString()).to.equal(body)
    bench.router.drained(1)
    expect(again()).to.equal(true)
    await turns()
    expect(bench.loans.length).to.equal(3)
  })

  it('leaves in the ring what a full channel cannot take; other ranks and other nodes get on', async () => {
    bench.router.start()
    bench.full.add(1)
    bench.write(0, RecordKind.part, 4, 'before')
    bench.write(0, RecordKind.part, 2, 'waits')
    bench.write(1, RecordKind.part, 4, 'gets on')
    await turns()
    expect(bench.frames.map(({ nodeId }) => nodeId)).to.deep.equal([2, 2])
    bench.full.clear()
    bench.router.drained(1)
    expect(bench.frames.map(({ nodeId }) => nodeId)).to.deep.equal([2, 2, 1])
  })

  it('takes what came while it slept with a full channel, when that gets on', async () => {
    bench.full.add(1)
    bench.router.start()
    for (let round = 0; round < 5; round++) {
      bench.write(0, RecordKind.part, 2, `${round}`)
      await turns()
    }
    expect(bench.frames).to.deep.equal([])
    bench.full.clear()
    bench.router.drained(1)
    expect(bench.frames.length).to.equal(1)
    bench.write(0, RecordKind.part, 2, 'and goes on')
    await turns(50)
    expect(bench.frames.length).to.equal(2)
  })

  it('rankEnded() sends what is left although a channel is full or has borrowed from the ring', async () => {
    bench.keepsLoans = true
    bench.router.start()
    bench.write(0, RecordKind.begin, 2, 'borrowed')
    await turns()
    bench.full.add(1)
    bench.write(0, RecordKind.part, 2, 'left')
    await turns()
    bench.router.rankEnded(0, RecordKind.finished, () => [1])
    expect(bench.loans.length).to.equal(1)
    expect(bench.frames.map(({ frame }) => frame[0])).to.deep.equal([RecordKind.part, RecordKind.finished])
    bench.router.drained(1)
  })

  it('stop() ends it, also while it sleeps', async () => {
    bench.router.start()
    await turns()
    bench.router.stop()
    await turns()
    bench.write(0, RecordKind.begin, 2, 'too late')
    await turns(50)
    expect(bench.frames).to.deep.equal([])
  })
})
