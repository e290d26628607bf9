import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { WindowService } from '../../../src/agent/window-service.ts'
import { allocateNodeMemory } from '../../../src/shm/layout.ts'
import { WindowPart } from '../../../src/shm/window-part.ts'
import { AGENT } from '../../../src/wire/rank-messages.ts'
import { FOR_AGENT, RECORD_HEADER_BYTES, RecordKind } from '../../../src/wire/record.ts'
import {
  encodeWindowRequest,
  WINDOW_REPLY_BYTES,
  WindowCall,
  windowOperations,
  type WindowRequest,
} from '../../../src/wire/window-messages.ts'

/** Rank 0 of node 0 has part 5 of a window; ranks 1 and 2 are on node 1. */
class Bench {
  readonly sent: { nodeId: number; record: Uint8Array }[] = []
  readonly misfits: { rank: number; what: string }[] = []
  readonly service = new WindowService({
    node: allocateNodeMemory(1),
    endpointOfRank: Int32Array.of(0, -1, -1),
    nodeOfRank: [0, 1, 1],
    sendToNode: (nodeId, record) => void this.sent.push({ nodeId, record }),
    onMisfit: (rank, what) => void this.misfits.push({ rank, what }),
  })
  readonly memory = {
    control: new SharedArrayBuffer(WindowPart.controlBytes(3)),
    data: new SharedArrayBuffer(64),
    byteOffset: 16,
    length: 6,
    datatype: 8,
  }
  readonly part = new WindowPart(this.memory)
  #number = 0

  expose(): void {
    this.service.notice({ to: AGENT, part: 5, owner: 0, memory: this.memory, worldRanks: [0, 1, 2] })
  }

  /** Rank `origin` asks. Returns the number of the request. */
  ask(origin: number, call: number, what: Partial<WindowRequest> = {}, ...elements: bigint[]): number {
    this.#number += 1
    const request = {
      number: this.#number,
      call,
      operation: 0,
      origin,
      part: 5,
      index: 0,
      count: 0,
      target: 0,
      ...what,
    }
    this.service.serve(origin, encodeWindowRequest(request, new Uint8Array(BigUint64Array.from(elements).buffer)))
    return this.#number
  }

  /** Replies since the last call: rank, number and elements of each. */
  replies(): { to: number | undefined; number: number; elements: bigint[] }[] {
    return this.sent.splice(0).map(({ nodeId, record }) => {
      const [kind, bodyBytes = 0, source, to] = new Uint32Array(record.buffer, 0, 4)
      expect([nodeId, kind, source]).to.deep.equal([1, RecordKind.windowReply, 0])
      const number = new DataView(record.buffer).getFloat64(RECORD_HEADER_BYTES, true)
      const from = RECORD_HEADER_BYTES + WINDOW_REPLY_BYTES
      return {
        to,
        number,
        elements: [...new BigUint64Array(record.buffer.slice(from, RECORD_HEADER_BYTES + bodyBytes))],
      }
    })
  }
}

describe('WindowService', () => {
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(() => bench.service.close())

  it('reads and changes elements for ranks of other nodes', () => {
    bench.expose()
    const sum = windowOperations.indexOf('SUM')
    bench.ask(1, WindowCall.put, { index: 1 }, 7n, 8n)
    bench.ask(2, WindowCall.accumulate, { index: 2, operation: sum }, 2n)
    bench.ask(1, WindowCall.fetchAndOp, { index: 1, operation: sum }, 5n)
    bench.ask(1, WindowCall.compareAndSwap, { index: 5 }, 0n, 2n ** 60n)
    bench.ask(2, WindowCall.get, { index: 0, count: 6 })
    bench.ask(1, WindowCall.getAccumulate, { index: 1, operation: windowOperations.indexOf('REPLACE') }, 3n, 4n)
    bench.ask(1, WindowCall.getAccumulate, { index: 1, operation: windowOperations.indexOf('NO_OP') }, 0n, 0n)
    expect(bench.replies()).to.deep.equal([
      { to: 1, number: 1, elements: [] },
      { to: 2, number: 2, elements: [] },
      { to: 1, number: 3, elements: [7n] },
      { to: 1, number: 4, elements: [0n] },
      { to: 2, number: 5, elements: [0n, 12n, 10n, 0n, 0n, 2n ** 60n] },
      { to: 1, number: 6, elements: [12n, 10n] },
      { to: 1, number: 7, elements: [3n, 4n] },
    ])
  })

  it('keeps requests for a part that it has not heard of, in order', async () => {
    bench.ask(1, WindowCall.put, {}, 1n)
    bench.ask(1, WindowCall.get, { count: 1 })
    await turn()
    expect(bench.replies()).to.deep.equal([])
    bench.expose()
    expect(bench.replies()).to.deep.equal([
      { to: 1, number: 1, elements: [] },
      { to: 1, number: 2, elements: [1n] },
    ])
  })

  it('serves others while a rank waits for a lock, and grants it when its turn comes', async () => {
    bench.expose()
    const ticket = bench.part.lock.queue(0, false)
    bench.part.lock.take(ticket, () => undefined)
    const waits = bench.ask(1, WindowCall.lock)
    const goesOn = bench.ask(2, WindowCall.get, { count: 1 })
    expect(bench.replies().map(({ number }) => number)).to.deep.equal([goesOn])
    bench.part.lock.release(0, () => bench.part.lock.ringAgent())
    for (let i = 0; i < 100 && bench.sent.length === 0; i += 1) await turn()
    expect(bench.replies().map(({ number }) => number)).to.deep.equal([waits])
    const shares = bench.ask(2, WindowCall.lockShared)
    const unlocks = bench.ask(1, WindowCall.unlock)
    expect(bench.replies().map(({ number }) => number)).to.deep.equal([unlocks, shares])
  })

  it('gives back what a rank has locked that has ended, and passes its turn on where it waits', async () => {
    bench.expose()
    const first = bench.ask(1, WindowCall.lock)
    bench.ask(2, WindowCall.lock)
    const mine = bench.part.lock.queue(0, false)
    expect(bench.replies().map(({ number }) => number)).to.deep.equal([first])
    bench.service.rankEnded(2)
    bench.service.rankEnded(1)
    for (let i = 0; i < 100 && !bench.part.lock.hasTurn(mine); i += 1) await turn()
    expect(bench.part.lock.hasTurn(mine)).to.equal(true)
    expect(bench.replies(), 'a rank that is no more gets no reply').to.deep.equal([])
  })

  it('does nothing that a request may not ask for, and says what', () => {
    bench.expose()
    const bad: readonly { call: number; what: Partial<WindowRequest>; elements?: bigint[]; says: RegExp }[] = [
      { call: 0, what: {}, says: /call 0\) of rank 1, which there is not/ },
      { call: 99, what: {}, says: /which there is not/ },
      { call: WindowCall.put, what: { origin: 2 }, elements: [1n], says: /in the name of another/ },
      { call: WindowCall.put, what: { origin: 4e9 }, elements: [1n], says: /in the name of another/ },
      ...[-1, 0.5, 6, 1e300, Number.NaN].map((index) => ({
        call: WindowCall.put,
        what: { index },
        elements: [1n],
        says: /for 1 elements from .* of a window of 6/,
      })),
      { call: WindowCall.put, what: { index: 5 }, elements: [1n, 2n], says: /for 2 elements from 5 on/ },
      { call: WindowCall.get, what: { count: 7 }, says: /for 7 elements/ },
      { call: WindowCall.get, what: { count: 4e9 }, says: /for 4000000000 elements/ },
      { call: WindowCall.get, what: { count: 1 }, elements: [1n], says: /with 1 elements/ },
      {
        call: WindowCall.accumulate,
        what: { operation: 12 },
        elements: [1n],
        says: /operation 12, which there is not/,
      },
      { call: WindowCall.fetchAndOp, what: { operation: 4e9 }, elements: [1n], says: /which there is not/ },
      { call: WindowCall.getAccumulate, what: { operation: 99 }, elements: [1n], says: /which there is not/ },
      { call: WindowCall.getAccumulate, what: { index: 5 }, elements: [1n, 2n], says: /for 2 elements from 5 on/ },
      { call: WindowCall.fetchAndOp, what: {}, says: /with 0 elements/ },
      { call: WindowCall.compareAndSwap, what: {}, elements: [1n], says: /with 1 elements/ },
      { call: WindowCall.lock, what: {}, elements: [1n], says: /with 1 elements/ },
    ]
    for (const { call, what, elements = [], says } of bad) {
      bench.misfits.length = 0
      bench.ask(1, call, what, ...elements)
      expect(
        bench.misfits.map(({ rank }) => rank),
        JSON.stringify(what),
      ).to.deep.equal([1])
      expect(bench.misfits[0]?.what).to.match(says)
      expect(bench.replies()).to.deep.equal([])
    }
    bench.ask(1, WindowCall.lock)
    bench.ask(1, WindowCall.lockShared)
    expect(bench.misfits.at(-1)?.what).to.match(/a second one/)
    bench.ask(2, WindowCall.lock)
    bench.ask(2, WindowCall.lock)
    expect(bench.misfits.at(-1)).to.deep.equal({ rank: 2, what: 'a window request (call 6) of rank 2, a second one' })
  })

  it('keeps a bounded number of requests for windows that nobody shows, of each rank', () => {
    for (let i = 0; i < 40; i += 1) bench.ask(1, WindowCall.get, { part: 1e9, count: 1 })
    expect(bench.misfits[0]).to.deep.equal({ rank: 1, what: 'more than 32 window requests of rank 1 at once' })
    bench.expose()
    const mine = bench.ask(2, WindowCall.get, { count: 1 })
    expect(
      bench.replies().map(({ number }) => number),
      'those of others do not wait',
    ).to.deep.equal([mine])
  })

  it('forward() sends a request of a rank of this node to the agent of the target', () => {
    const body = encodeWindowRequest(
      { number: 9, call: 1, operation: 0, origin: 0, part: 1, index: 2, count: 0, target: 2 },
      new Uint8Array(8),
    )
    bench.service.forward(0, body)
    const [{ nodeId, record } = { nodeId: -1, record: new Uint8Array(16) }] = bench.sent
    expect(nodeId).to.equal(1)
    expect([...new Uint32Array(record.buffer, 0, 4)]).to.deep.equal([RecordKind.windowRequest, 48, 0, FOR_AGENT])
    expect(record.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + 48)).to.deep.equal(body)
  })
})
