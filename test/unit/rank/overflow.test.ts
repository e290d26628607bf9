import { expect } from 'chai'
import { ShmLink } from '../../../src/rank/link/shm-link.ts'
import { allocateNodeMemory } from '../../../src/shm/layout.ts'
import { envelopeOf, expectBytes, KeepingSink, patternBytes } from '../../compliance/link.ts'
import { BufferNode } from './buffer-node.ts'

const KIB = 1024
const RANKS = 4
const [SMALL, LARGE] = [256 * KIB, 16 * 1024 * KIB]

/** Rank 0 sends to the others of its node, who read only when they are told to. */
class Backlog {
  readonly #buffers = new BufferNode(RANKS)
  readonly #links: ShmLink[]
  readonly #sinks = Array.from({ length: RANKS }, () => new KeepingSink())
  /** The overflow rings of rank 0 by their number. */
  readonly rings = new Map<number, Uint8Array>()

  constructor() {
    const node = allocateNodeMemory(RANKS)
    const endpointOfRank = Int32Array.from({ length: RANKS }, (_, rank) => rank)
    this.#links = this.#buffers.ranks.map(
      (buffers, rank) =>
        new ShmLink({
          node,
          rank,
          size: RANKS,
          endpointOfRank,
          maySpin: false,
          mayYield: false,
          buffers,
          overflowBytes: [SMALL, LARGE],
        }),
    )
  }

  /** Sends so many bytes in messages of 100,000 to rank `dest`, which reads nothing meanwhile. */
  send(dest: number, bytes: number): void {
    const link = this.#link(0)
    for (let left = bytes; left > 0; left -= 100_000) {
      const payload = patternBytes(100_000, left)
      for (let taken = -1; taken < payload.length; ) {
        taken = link.trySend(envelopeOf(0, dest, payload.length), payload, Math.max(taken, 0))
        // For as long as a receiver has to be late.
        if (taken < payload.length) link.wait(1)
      }
    }
    for (const { id, buffer } of this.#buffers.passOn()) if (buffer !== null) this.rings.set(id, new Uint8Array(buffer))
  }

  /** Lets rank `dest` read all, and compares it. */
  read(dest: number, bytes: number): void {
    const [link, sink] = [this.#link(dest), this.#sinks[dest]]
    while (link.hasNews) link.receive(sink ?? new KeepingSink())
    const messages = sink?.messages.splice(0) ?? []
    expect(messages.length).to.equal(Math.ceil(bytes / 100_000))
    for (const [i, { payload }] of messages.entries())
      expectBytes(payload, patternBytes(100_000, bytes - i * 100_000), `message ${i}`)
  }

  /** Up to where the rings were ever written, in bytes, in the order of their numbers. */
  get written(): number[] {
    return [...this.rings.values()].map((bytes) => bytes.findLastIndex((byte) => byte !== 0) + 1)
  }

  close(): void {
    this.#buffers.close()
  }

  #link(rank: number): ShmLink {
    return this.#links[rank] ?? expect.fail(`no rank ${rank}`)
  }
}

describe('overflow rings of a rank', () => {
  let backlog: Backlog

  beforeEach(() => {
    backlog = new Backlog()
  })

  afterEach(() => {
    backlog.close()
  })

  /** What the ring of a pair holds, whatever that is. */
  const ring = 2 * 1024 * KIB

  it('are used again for other ranks, and touch no more memory than was once unread', () => {
    const bytes = ring + 4_000_000
    for (let round = 0; round < 30; round++) {
      const dest = 1 + (round % (RANKS - 1))
      backlog.send(dest, bytes)
      backlog.read(dest, bytes)
      // What rank 0 says when another one needs the rings.
      for (let other = 1; other < RANKS; other++) backlog.read(other, 0)
    }
    // One small and one large one, or two while a receiver has not heard yet that the ring was left.
    expect(backlog.rings.size).to.be.at.most(4)
    expect(Math.max(...backlog.written)).to.be.within(2_000_000, 5_000_000)
  })

  it('are twice as many as there are ranks that are late at the same time, at most', () => {
    const bytes = ring + 200_000
    for (let round = 0; round < 20; round++) {
      for (let dest = 1; dest < RANKS; dest++) backlog.send(dest, bytes)
      for (let dest = 1; dest < RANKS; dest++) backlog.read(dest, bytes)
    }
    expect(backlog.rings.size).to.be.within(RANKS - 1, 2 * (RANKS - 1))
    expect(Math.max(...[...backlog.rings.values()].map(({ length }) => length))).to.be.below(2 * SMALL)
  })

  it('are small ones for a short backlog, however long it lasts', () => {
    backlog.send(1, ring + 200_000)
    backlog.read(1, ring + 200_000)
    for (let round = 0; round < 200; round++) {
      backlog.send(1, 100_000)
      backlog.read(1, 100_000)
    }
    expect(Math.max(...backlog.written)).to.be.at.most(SMALL + KIB)
  })
})
