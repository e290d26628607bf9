import { expect } from 'chai'
import {
  allocateNodeMemory,
  BELL,
  ENDPOINT_BLOCK_BYTES,
  endpointOffset,
  HEAD,
  type NodeMemory,
  PAIR_BLOCK_BYTES,
  pairOffset,
  ringCapacity,
  ringOffset,
  SIGNALS_HEARD,
  SLEEPING,
  TAIL,
  UNWRITTEN_OUTPUT,
  WANTED,
} from '../../../src/shm/layout.ts'

/** Ranks of a node around the places where rings become smaller. */
const RANKS = [1, 2, 3, 7, 15, 16, 22, 23, 31, 32, 44, 45, 63, 64, 65, 100, 128, 150, 199, 200]
const MIB = 1024 * 1024

interface Area {
  readonly name: string
  readonly start: number
  readonly end: number
}

function areas(node: NodeMemory): Area[] {
  const { endpoints } = node
  const found: Area[] = []
  for (let a = 0; a < endpoints; a += 1) {
    found.push({ name: `endpoint ${a}`, start: endpointOffset(a), end: endpointOffset(a) + ENDPOINT_BLOCK_BYTES })
    for (let b = 0; b < endpoints; b += 1) {
      const pair = pairOffset(endpoints, a, b)
      const ring = ringOffset(node, a, b)
      found.push({ name: `pair ${a} to ${b}`, start: pair, end: pair + PAIR_BLOCK_BYTES })
      found.push({ name: `ring ${a} to ${b}`, start: ring, end: ring + ringCapacity(node, a, b) })
    }
  }
  return found.sort((one, other) => one.start - other.start)
}

describe('allocateNodeMemory()', () => {
  for (const ranks of RANKS) {
    for (const spansNodes of [false, true]) {
      it(`gives ${ranks} ranks ${spansNodes ? 'of several nodes ' : ''}blocks and rings that do not overlap and lie inside the region`, () => {
        const node = allocateNodeMemory(ranks, ranks, spansNodes)
        expect(node.endpoints).to.equal(ranks + 1)
        let end = 0
        for (const area of areas(node)) {
          if (area.start < end) expect.fail(`${area.name} begins at ${area.start}, before ${end}`)
          end = area.end
        }
        const { offset, bytes } = node.areas ?? { offset: 0, bytes: 0 }
        expect(offset).to.be.within(end, end + 65536)
        expect(offset + bytes).to.equal(node.memory.buffer.byteLength)
      })
    }

    it(`aligns rings of ${ranks} ranks to cache lines, and makes them a power of two from 16 to 256 KiB`, () => {
      const node = allocateNodeMemory(ranks)
      expect(Math.log2(node.ringBytes) % 1).to.equal(0)
      expect(node.ringBytes).to.be.within(16 * 1024, 256 * 1024)
      for (const { name, start } of areas(node)) if (start % 64 !== 0) expect.fail(`${name} begins at ${start}`)
    })
  }

  it('keeps all rings below 64 MiB, unless the smallest ring needs more', () => {
    for (const ranks of RANKS) {
      const { endpoints, ringBytes } = allocateNodeMemory(ranks)
      const total = endpoints ** 2 * ringBytes
      if (ringBytes > 16 * 1024) expect(total, `${ranks} ranks`).to.be.at.most(64 * MIB)
      if (ringBytes < 256 * 1024) expect(total * 2, `${ranks} ranks`).to.be.greaterThan(64 * MIB)
    }
  })

  it('makes rings from and to the agent larger where a job has several nodes, within 16 MiB each way, and no others', () => {
    for (const ranks of RANKS) {
      const node = allocateNodeMemory(ranks, ranks, true)
      const { ringBytes } = allocateNodeMemory(ranks)
      expect(node.ringBytes, `${ranks} ranks`).to.equal(ringBytes)
      const inbox = ringCapacity(node, ranks, 0)
      expect(Math.log2(inbox) % 1).to.equal(0)
      expect(inbox, `${ranks} ranks`).to.be.within(ringBytes, 4 * MIB)
      if (inbox > ringBytes) expect(inbox * ranks, `${ranks} ranks`).to.be.at.most(16 * MIB)
      if (ranks <= 4) expect(inbox).to.equal(4 * MIB)
      const outbox = ringCapacity(node, 0, ranks)
      expect(Math.log2(outbox) % 1).to.equal(0)
      expect(outbox, `${ranks} ranks`).to.be.within(ringBytes, Math.min(inbox, 2 * MIB))
      if (ranks <= 8) expect(outbox).to.equal(2 * MIB)
      expect(ringCapacity(node, 0, 0), '0 to itself').to.equal(ringCapacity(allocateNodeMemory(ranks), 0, 0))
      expect(ringCapacity(node, ranks, ranks), 'the agent to itself').to.equal(ringBytes)
    }
  })

  it('makes rings between ranks larger, up to 2 MiB and within 64 MiB, and those to the agent no larger', () => {
    for (const ranks of RANKS) {
      const node = allocateNodeMemory(ranks)
      const peerBytes = ringCapacity(node, 0, Math.min(1, ranks - 1))
      expect(Math.log2(peerBytes) % 1).to.equal(0)
      expect(peerBytes, `${ranks} ranks`).to.be.within(node.ringBytes, 2 * MIB)
      if (peerBytes > node.ringBytes) expect(peerBytes * ranks ** 2, `${ranks} ranks`).to.be.at.most(64 * MIB)
      if (ranks > 1 && ranks <= 4) expect(peerBytes).to.equal(2 * MIB)
      expect(ringCapacity(node, 0, ranks), 'to the agent').to.equal(node.ringBytes)
      expect(ringCapacity(node, ranks, 0), 'from the agent').to.equal(node.ringBytes)
    }
  })

  it('makes rings as small as on the node that has most ranks', () => {
    for (const ranks of RANKS) {
      const { ringBytes } = allocateNodeMemory(ranks)
      for (const few of [1, 2, 20]) {
        if (few > ranks) continue
        const node = allocateNodeMemory(few, ranks)
        expect([node.endpoints, node.ringBytes], `${few} of ${ranks} ranks`).to.deep.equal([few + 1, ringBytes])
      }
    }
  })

  it('gives each record of a ring to an agent room in the rings from the agents of all nodes', () => {
    for (const most of RANKS) {
      for (const [from, to] of [
        [1, most],
        [most, 1],
        [Math.ceil(most / 2), most],
      ] as const) {
        const outbox = ringCapacity(allocateNodeMemory(from, most, true), 0, from)
        const inbox = ringCapacity(allocateNodeMemory(to, most, true), to, 0)
        expect(outbox, `${from} and ${to} ranks of at most ${most}`).to.be.at.most(inbox)
      }
    }
  })

  it('is all zero and shared', () => {
    const { memory } = allocateNodeMemory(3)
    expect(memory.buffer).to.be.instanceOf(SharedArrayBuffer)
    expect(new BigInt64Array(memory.buffer).every((word) => word === 0n)).to.equal(true)
  })
})

describe('words of a block', () => {
  const LINE_WORDS = 16

  it('lie inside it, each at a place of its own', () => {
    for (const words of [
      [BELL, SLEEPING, UNWRITTEN_OUTPUT, SIGNALS_HEARD],
      [TAIL, WANTED, HEAD],
    ]) {
      expect(new Set(words).size).to.equal(words.length)
      for (const word of words) expect(word).to.be.within(0, ENDPOINT_BLOCK_BYTES / 4 - 1)
    }
  })

  it("keep the producer's words and the consumer's on different cache lines", () => {
    expect(Math.floor(TAIL / LINE_WORDS)).to.not.equal(Math.floor(HEAD / LINE_WORDS))
    expect(Math.floor(BELL / LINE_WORDS)).to.not.equal(Math.floor(UNWRITTEN_OUTPUT / LINE_WORDS))
  })
})
